"""The parameters of an audit, in the query of its request."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from deskhand.api.query import Flag
from deskhand.catalog.model import Catalog


def time_zone(name: str) -> str:
    """Validator: the name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("zone", "is no IANA time zone, like Europe/Berlin") from None
    return name


class AuditParameters(BaseModel):
    """The query parameters of `POST /attribution/audits`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: Flag = Field(False, description="Only show how the file was understood")
    mapping: Annotated[str, Field(max_length=4_000)] | None = Field(
        None, description='Columns of fields, a JSON object: {"category": "Queue"}'
    )
    dates: Literal["day", "month"] | None = Field(
        None, description="What stands first in dates that leave it open"
    )
    zone: Annotated[str, Field(max_length=64), AfterValidator(time_zone)] | None = Field(
        None, description="The zone of dates without one; else that of the catalog's calendar"
    )
    confidence: Annotated[float, Field(ge=0.5, le=1, allow_inf_nan=False)] = Field(
        0.7, description="The lowest confidence at which a ticket counts as misrouted"
    )


def zone_of(asked: AuditParameters, catalog: Catalog | None) -> ZoneInfo:
    """The asked zone, that of the catalog's calendar, or UTC."""
    calendars = catalog.calendars if catalog else ()
    named = [each for each in calendars if catalog and each.name == catalog.calendar]
    usual = next((each.time_zone for each in (*named, *calendars)), "UTC")
    return ZoneInfo(asked.zone or usual)
