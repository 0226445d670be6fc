"""What is written about Tellback, and what makes its pictures."""
