"""A moment in English: months as words, since 11/12 is another day
elsewhere. A line may break after the day alone."""

DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j\xa0M\xa0Y, H:i\xa0T"
