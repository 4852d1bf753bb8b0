import os
from types import SimpleNamespace

from modules.options import OptionInfo, Options
from modules.styles import Styles

__all__ = ["OptionInfo", "cmd_opts", "opts", "prompt_styles"]

cmd_opts = SimpleNamespace(
    lora_dir=None, lyco_dir_backcompat=None, api=True, nowebui=False, api_auth=None, freeze_settings=False
)
opts = Options(cmd_opts)
prompt_styles = Styles()
config_filename = ""
demo = None


def reset(folder):
    """A WebUI that was just started, with its data in `folder`."""
    global config_filename
    loras = os.path.join(folder, "models", "Lora")
    os.makedirs(loras, exist_ok=True)
    cmd_opts.__dict__.clear()  # of the flags of the WebUI before, too
    cmd_opts.__dict__.update(
        lora_dir=loras,
        lyco_dir_backcompat=None,
        api=True,
        nowebui=False,
        api_auth=None,
        freeze_settings=False,
        ui_config_file=os.path.join(folder, "ui-config.json"),
    )
    config_filename = os.path.join(folder, "config.json")
    opts.data_labels.clear()
    opts.data.clear()
    opts.add_option("enable_prompt_comments", OptionInfo(True, "Enable comments"))
    opts.add_option("infotext_styles", OptionInfo("Apply if any", "Infotext styles"))
    opts.add_option("lora_preferred_name", OptionInfo("Alias from file", "Name in tags"))
    prompt_styles.styles.clear()


def __getattr__(name):
    if name == "sd_model":  # reading it loads a checkpoint
        from modules import sd_models

        return sd_models.model_data.get_sd_model()
    raise AttributeError(name)
