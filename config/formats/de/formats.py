"""A moment in German; a line may break after the day alone."""

DATETIME_FORMAT = "j.\xa0F\xa0Y, H:i\xa0T"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i\xa0T"
