"""Surveys as somebody reads them from right to left."""

from __future__ import annotations

from typing import Any

WORDS = {
    "Red": "أحمر",
    "Green": "أخضر",
    "Blue": "أزرق",
    "Speed": "السرعة",
    "Price": "السعر",
    "Name": "الاسم",
    "E-mail": "البريد الإلكتروني",
    "Phone": "الهاتف",
    "kg": "كغ",
    "None of these": "لا شيء من هذا",
    "Choose": "اختر",
    "Write": "اكتب",
    "Other looks": "أشكال أخرى",
    "How did we do?": "كيف كانت خدمتنا؟",
}
QUESTION = "ما رأيك في هذا السؤال عن خدمتنا؟"


def in_arabic(value: Any) -> Any:
    """The same with each text in Arabic alone."""
    if isinstance(value, list):
        return [in_arabic(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "en" in value:
        return {"ar": WORDS.get(value["en"], QUESTION)}
    return {key: in_arabic(one) for key, one in value.items()}
