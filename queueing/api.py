"""HTTP routes of whatever shows a position or an agent, put together."""

from ninja import Router

from queueing.api_agents import router as agents_router
from queueing.api_by_hand import router as by_hand_router
from queueing.api_callbacks import router as callbacks_router
from queueing.api_calls import router as calls_router
from queueing.api_metrics import router as metrics_router
from queueing.api_supervision import router as supervision_router
from queueing.api_transfers import router as transfers_router

router = Router()
router.add_router("", calls_router)
router.add_router("", callbacks_router)
router.add_router("", transfers_router)
router.add_router("", agents_router)
router.add_router("", metrics_router)
router.add_router("", supervision_router)
router.add_router("", by_hand_router)
