"""Gathers every table for migrations; nothing else imports another capability's models."""

import backend.appointments.models
import backend.billing.models
import backend.core.ledger
import backend.customers.models
import backend.dispatch.models
import backend.expenses.models
import backend.notifications.models
import backend.orders.models
import backend.staff.models
import backend.stock.models
import backend.travel.models
import backend.visits.models  # noqa: F401
from backend.core.db import Base

metadata = Base.metadata
