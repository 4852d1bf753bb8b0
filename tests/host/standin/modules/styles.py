class Styles:
    """Named texts that the user puts around a prompt."""

    def __init__(self):
        self.styles = {}

    def apply_styles_to_prompt(self, prompt, names):
        for name in names or ():
            text = self.styles.get(name, "")
            if "{prompt}" in text:
                prompt = text.replace("{prompt}", prompt)
            elif text:
                prompt = ", ".join(part for part in (prompt.strip(), text.strip()) if part)
        return prompt

    def extract_styles_from_prompt(self, prompt, negative):
        found = []
        for name, text in self.styles.items():
            left, is_wrapped, right = text.partition("{prompt}")
            bare = prompt.strip()
            if is_wrapped and bare.startswith(left) and bare.endswith(right):
                prompt = bare[len(left) : len(bare) - len(right)]
                found.append(name)
            elif text and not is_wrapped and bare.endswith(text.strip()):
                prompt = bare[: len(bare) - len(text.strip())].removesuffix(", ")
                found.append(name)
        return found, prompt, negative
