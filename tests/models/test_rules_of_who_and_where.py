"""Rules about who may be booked for what, for whom and where."""

from models.rules import (
    Violation,
    provider_is_not_blocked_for_the_patient,
    provider_offers_the_service,
    provider_works_at_the_location,
    service_allows_the_provider,
)
from tests.builders import (
    a_call,
    a_location,
    a_patient,
    a_placement,
    a_provider,
    a_service,
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


class TestServiceAllowsTheProvider:
    def test_a_service_that_names_nobody_is_given_by_whoever_offers_it(self) -> None:
        assert fits(service_allows_the_provider, a_placement(), a_snapshot())

    def test_a_service_that_names_its_providers_is_given_by_each_of_them(self) -> None:
        service = a_service(allowed_provider_ids=frozenset({"lind", "okoro"}))
        assert fits(service_allows_the_provider, a_placement(service=service), a_snapshot())

    def test_nobody_else_gives_it_though_they_offer_it(self) -> None:
        service = a_service(allowed_provider_ids=frozenset({"lind"}))
        violation = refusal(service_allows_the_provider, a_placement(service=service), a_snapshot())
        assert violation == Violation(
            rule="service_allows_the_provider",
            resource="providers/okoro",
            message="Check-up is not given by Dr Okoro",
        )

    def test_an_empty_list_allows_nobody(self) -> None:
        nobodys = a_service(allowed_provider_ids=frozenset())
        refusal(service_allows_the_provider, a_placement(service=nobodys), a_snapshot())

    def test_being_allowed_is_not_the_same_as_offering(self) -> None:
        service = a_service(allowed_provider_ids=frozenset({"okoro"}))
        placement = a_placement(service=service, provider=a_provider(service_ids=()))
        assert fits(service_allows_the_provider, placement, a_snapshot())
        refusal(provider_offers_the_service, placement, a_snapshot())


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
