"""The operations of /analytics, without that of the quality of triage."""

from deskhand.analytics import trends
from deskhand.analytics.api import AnalyticsParameters
from deskhand.reference import analysed
from deskhand.reference.operation import Operation, Reply

_DETAIL = (
    "Days begin at midnight of the desk's time zone (DESK_TIME_ZONE). Tickets are counted within a"
    " minute: `as_of` says until when. The filters of `GET /tickets` apply."
)
_KEPT = ("Cache-Control", "ETag")
_SAME = {304: Reply("Nothing more was counted since.", None, _KEPT, media_types=())}
_SEEN = {"If-None-Match": False}

ANALYTICS = (
    Operation(
        "GET", "/analytics/summary", "get_summary",
        "Read the window in numbers",
        {200: Reply("Figures beside those of the window before.", analysed.Summary, _KEPT),
         **_SAME},
        detail=_DETAIL, headers=_SEEN, query=AnalyticsParameters,
    ),
    Operation(
        "GET", "/analytics/priorities", "get_priorities",
        "Read the window by priority",
        {200: Reply("A row for each priority.", analysed.Priorities, _KEPT),
         **_SAME},
        detail=_DETAIL, headers=_SEEN, query=AnalyticsParameters,
    ),
    Operation(
        "GET", "/analytics/trends", "get_trends",
        "Read the window day by day",
        {200: Reply("A bucket for each day or week, without gaps.", analysed.Trends, _KEPT),
         **_SAME},
        detail=_DETAIL, headers=_SEEN, query=trends.TrendsParameters,
    ),
    Operation(
        "GET", "/analytics/performance", "get_performance",
        "Read how long things take",
        {200: Reply("Durations, promises and people.", analysed.Performance, _KEPT),
         **_SAME},
        detail=_DETAIL, headers=_SEEN, query=AnalyticsParameters,
    ),
)  # fmt: skip
