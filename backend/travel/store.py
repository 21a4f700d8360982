"""The geocode cache over its table."""

from sqlalchemy import select

from backend.core.uow import SYSTEM, Transactions
from backend.travel.geocoding import Place
from backend.travel.models import GeocodeAnswer


class GeocodeStore:
    """Keeps what map services answered; each call is a unit of work of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def get(self, key: str) -> list[Place] | None:
        """The places kept for a normalised address, or None."""
        with self._transactions.read(SYSTEM) as uow:
            query = select(GeocodeAnswer.places).where(GeocodeAnswer.key == key[:300])
            places = uow.session.scalar(query)
        return None if places is None else [Place.from_data(place) for place in places]

    def put(self, key: str, places: list[Place]) -> None:
        """Keep an answer; the newest wins."""
        with self._transactions.begin(SYSTEM) as uow:
            answer = GeocodeAnswer(key=key[:300], places=[place.to_data() for place in places], at=uow.now)
            uow.session.merge(answer)
