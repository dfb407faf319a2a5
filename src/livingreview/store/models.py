"""Cards of the models that scored the store."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from livingreview.store.base import Base
from livingreview.store.queries import MODEL


class Models(Base):
    """The card of every model that was trained."""

    def save_model(self, model_id: str, trained_at: datetime, card: Mapping[str, Any]) -> None:
        """Keeps the card of a model; the same model twice is one row."""
        with self._begin() as connection:
            known = connection.execute(select(MODEL.c.id).where(MODEL.c.id == model_id)).first()
            if known is None:
                connection.execute(insert(MODEL).values(id=model_id, trained_at=trained_at, card=dict(card)))

    def trained_at(self) -> list[datetime]:
        """When each model was trained first, oldest first."""
        with self._read() as connection:
            return list(connection.execute(select(MODEL.c.trained_at).order_by(MODEL.c.trained_at)).scalars())

    def model_card(self, model_id: str) -> dict[str, Any]:
        """The card of a model; of the last one saved when ``model_id`` is empty; empty when there is none."""
        with self._read() as connection:
            query = select(MODEL.c.card).order_by(MODEL.c.trained_at.desc(), MODEL.c.id)
            if model_id:
                query = query.where(MODEL.c.id == model_id)
            card: dict[str, Any] | None = connection.execute(query.limit(1)).scalar()
            return card or {}
