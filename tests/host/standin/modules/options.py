import json


class OptionInfo:
    def __init__(
        self, default=None, label="", component=None, component_args=None, onchange=None, section=None, **more
    ):
        self.default = default
        self.label = label
        self.component = component
        self.component_args = component_args
        self.onchange = onchange
        self.section = section
        self.infotext = more.get("infotext")
        self.restrict_api = more.get("restrict_api", False)
        self.comment_after = ""

    def info(self, text):
        self.comment_after += text
        return self


class Options:
    def __init__(self, cmd_opts):
        self.__dict__.update(data={}, data_labels={}, cmd_opts=cmd_opts)

    def __getattr__(self, name):
        if name in self.data:
            return self.data[name]
        if name in self.data_labels:
            return self.data_labels[name].default
        raise AttributeError(name)

    def __setattr__(self, name, value):
        if name in self.data_labels:
            assert not self.cmd_opts.freeze_settings, "changing settings is disabled"
            self.data[name] = value
        else:
            self.__dict__[name] = value

    def add_option(self, name, info):
        self.data_labels[name] = info
        self.data.setdefault(name, info.default)

    def onchange(self, name, function, call=True):
        self.data_labels[name].onchange = function
        if call:
            function()

    def set(self, name, value, is_api=False, run_callbacks=True):
        old = self.data.get(name)
        info = self.data_labels[name]
        if old == value or (is_api and info.restrict_api):
            return False
        try:
            setattr(self, name, value)
        except RuntimeError:
            return False
        if run_callbacks and info.onchange is not None:
            info.onchange()
        return True

    def save(self, filename):
        assert not self.cmd_opts.freeze_settings, "saving settings is disabled"
        with open(filename, "w", encoding="utf8") as file:
            json.dump(self.data, file)
