"""A vision-language model as the judge of a study's pictures."""
