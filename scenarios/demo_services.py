"""What Riverside Clinic offers: from a video call to minor surgery, and a class for several."""

from dataclasses import replace
from datetime import date

from models.clinic import EquipmentNeed, Modality, Service

_SERVICES = (
    Service(
        id="new-patient",
        name="New patient visit",
        duration_minutes=45,
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        room_types=frozenset({"exam"}),
        min_notice_minutes=120,
        max_future_days=90,
    ),
    Service(
        id="follow-up",
        name="Follow-up",
        duration_minutes=20,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        room_types=frozenset({"exam", "consult"}),
    ),
    Service(
        id="video",
        name="Video consultation",
        duration_minutes=15,
        buffer_after_minutes=5,
        modality=Modality.TELEHEALTH,
        max_future_days=60,
    ),
    Service(
        id="heart-check",
        name="Heart check with ECG",
        duration_minutes=30,
        buffer_after_minutes=10,
        room_types=frozenset({"exam"}),
        equipment=(EquipmentNeed(type="ecg"),),
        max_per_day=12,
    ),
    Service(
        id="ultrasound",
        name="Ultrasound scan",
        duration_minutes=30,
        buffer_before_minutes=5,
        buffer_after_minutes=5,
        room_types=frozenset({"exam"}),
        room_features=frozenset({"couch"}),
        equipment=(EquipmentNeed(type="ultrasound"),),
        allowed_provider_ids=frozenset({"lindqvist", "rossi"}),
    ),
    Service(
        id="minor-surgery",
        name="Minor surgery",
        duration_minutes=45,
        buffer_before_minutes=10,
        buffer_after_minutes=15,
        room_types=frozenset({"procedure"}),
        room_features=frozenset({"sink", "surgical-light"}),
        equipment=(EquipmentNeed(type="monitor", units=2),),
        min_notice_minutes=1440,
        max_per_day=5,
        min_gap_minutes=30,
    ),
    Service(
        id="back-class",
        name="Back class",
        duration_minutes=40,
        buffer_before_minutes=5,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        room_types=frozenset({"consult"}),
        seats=6,
    ),
)


def demo_services(no_surgery_on: date) -> tuple[Service, ...]:
    """All of them; on one day the instruments for surgery are away."""
    return tuple(
        replace(one, blackout_dates=(no_surgery_on,)) if one.id == "minor-surgery" else one
        for one in _SERVICES
    )
