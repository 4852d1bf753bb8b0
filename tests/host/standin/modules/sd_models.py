class Checkpoint:
    def __init__(self, architecture="sd1", name="toy"):
        self.name = name
        for each in ("sd1", "sd2", "sdxl", "sd3"):
            setattr(self, f"is_{each}", each == architecture)


class Flux(Checkpoint):
    """On Forge every flag of a Flux model is False."""

    def __init__(self):
        super().__init__("flux", "toy-flux")


class ModelData:
    def __init__(self):
        vars(self).clear()  # a start knows nothing of what was chosen before
        self.sd_model = None
        self.loads = 0
        self.next = Checkpoint

    def get_sd_model(self):
        if self.sd_model is None:
            self.loads += 1
            self.sd_model = self.next()
        return self.sd_model


model_data = ModelData()


def reload_model_weights(model=None):
    if model is not None:
        model_data.sd_model = model
    return model_data.get_sd_model()
