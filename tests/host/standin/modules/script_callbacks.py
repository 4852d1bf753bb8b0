from modules import errors

callback_map = {}


def clear_callbacks():
    callback_map.clear()


def _adder(event):
    def add(function, *, name=None):
        callback_map.setdefault(event, []).append(function)

    return add


on_ui_settings = _adder("ui_settings")
on_before_ui = _adder("before_ui")
on_after_component = _adder("after_component")
on_infotext_pasted = _adder("infotext_pasted")
on_app_started = _adder("app_started")
on_image_saved = _adder("image_saved")
on_script_unloaded = _adder("script_unloaded")


def call(event, *args, **named):
    for function in callback_map.get(event, []):
        try:
            function(*args, **named)
        except Exception:
            errors.report(f"Error executing callback {event}", exc_info=True)
