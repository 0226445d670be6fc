"""The pages that respondents see."""
