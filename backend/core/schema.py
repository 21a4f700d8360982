"""Gathers every table for migrations; nothing else imports another capability's models."""

from backend.core.db import Base

metadata = Base.metadata
