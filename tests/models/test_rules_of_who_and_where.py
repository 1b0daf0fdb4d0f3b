"""Rules about who may be booked for what, for whom and where."""

from models.rules import (
    Violation,
    provider_is_not_blocked_for_the_patient,
    provider_offers_the_service,
    provider_works_at_the_location,
)
from tests.builders import (
    a_call,
    a_location,
    a_patient,
    a_placement,
    a_provider,
    a_snapshot,
)
from tests.verdicts import fits, refusal


class TestProviderOffersTheService:
    def test_a_provider_is_booked_for_a_service_on_their_list(self) -> None:
        several = a_provider(service_ids=("ultrasound", "checkup"))
        assert fits(provider_offers_the_service, a_placement(provider=several), a_snapshot())

    def test_a_provider_is_not_booked_for_any_other_service(self) -> None:
        other = a_provider(service_ids=("ultrasound",))
        violation = refusal(provider_offers_the_service, a_placement(provider=other), a_snapshot())
        assert violation == Violation(
            rule="provider_offers_the_service",
            resource="providers/okoro",
            message="Dr Okoro does not offer Check-up",
        )

    def test_a_provider_without_services_is_booked_for_none(self) -> None:
        refusal(provider_offers_the_service, a_placement(provider=a_provider(service_ids=())), a_snapshot())


class TestProviderWorksAtTheLocation:
    def test_a_provider_is_booked_at_each_of_their_sites(self) -> None:
        mobile = a_provider(location_ids=("main", "annex"))
        for site in (a_location("main"), a_location("annex")):
            placement = a_placement(provider=mobile, location=site)
            assert fits(provider_works_at_the_location, placement, a_snapshot())

    def test_a_provider_is_not_booked_at_a_site_where_they_do_not_work(self) -> None:
        placement = a_placement(location=a_location("annex"))
        violation = refusal(provider_works_at_the_location, placement, a_snapshot())
        assert (violation.resource, violation.taken) == ("providers/okoro", False)
        assert violation.message == "Dr Okoro does not work at Site annex"

    def test_a_visit_without_a_place_needs_no_site(self) -> None:
        homeless = a_provider(location_ids=())
        placement = a_placement(service=a_call(), provider=homeless)
        assert fits(provider_works_at_the_location, placement, a_snapshot())


class TestProviderIsNotBlockedForThePatient:
    def test_a_patient_sees_whomever_nobody_blocked(self) -> None:
        patient = a_patient(blocked_provider_ids=frozenset({"lind"}))
        assert fits(provider_is_not_blocked_for_the_patient, a_placement(patient=patient), a_snapshot())

    def test_a_patient_is_not_placed_with_a_provider_blocked_for_them(self) -> None:
        patient = a_patient(blocked_provider_ids=frozenset({"lind", "okoro"}))
        violation = refusal(
            provider_is_not_blocked_for_the_patient, a_placement(patient=patient), a_snapshot()
        )
        assert (violation.resource, violation.taken) == ("providers/okoro", False)

    def test_nobody_is_blocked_for_a_patient_who_is_not_named(self) -> None:
        assert fits(provider_is_not_blocked_for_the_patient, a_placement(patient=None), a_snapshot())
