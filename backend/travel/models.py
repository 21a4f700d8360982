"""What map services answered, kept so that nobody is asked twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, UtcDateTime


class GeocodeAnswer(Base):
    """The places that a geocoder gave for an address."""

    __tablename__ = "geocode_answers"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
