"""A day and a moment in English: months as words, since 11/12 is another day
elsewhere. A line may break after the day alone."""

DATE_FORMAT = "j\xa0M\xa0Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = f"{DATE_FORMAT}, H:i\xa0T"
