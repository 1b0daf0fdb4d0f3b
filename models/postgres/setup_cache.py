"""Setups kept between calls, each good for one version of its clinic's configuration."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from models.errors import NotFound
from models.postgres.connection import Connection
from models.postgres.read_setup import StoredSetup, read_setup, read_setups


class SetupCache:
    """The setups of the clinics used last, at most `size` of them.

    Many callers that miss the same version at once cause one read; the others wait for it.
    """

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._setups: OrderedDict[str, StoredSetup] = OrderedDict()
        self._loading: dict[tuple[str, int | None], asyncio.Future[StoredSetup]] = {}

    def known(self, clinic_id: str) -> StoredSetup | None:
        """The setup last seen, of whatever version; a writer compares the version in its transaction."""
        found = self._setups.get(clinic_id)
        if found is not None:
            self._setups.move_to_end(clinic_id)
        return found

    async def current(self, conn: Connection, clinic_id: str, version: int | None = None) -> StoredSetup:
        """The setup of that version, or of any version for None; NotFound where there is no such clinic.

        `version` is what the same transaction has read.
        """
        known = self.known(clinic_id)
        if known is not None and version in (None, known.version):
            return known
        under_way = self._loading.get((clinic_id, version))
        if under_way is not None:
            # Whoever reads it may fail or find another version; then this caller reads for itself.
            await asyncio.wait([under_way])
            known = self.known(clinic_id)
            if known is not None and version in (None, known.version):
                return known
        return await self._load(conn, clinic_id, version)

    async def load(self, conn: Connection, clinic_ids: Sequence[str]) -> dict[str, StoredSetup]:
        """The setups of several clinics in one go, by their ids, read anew; those gone are left out."""
        found = {}
        for clinic_id, stored in zip(clinic_ids, await read_setups(conn, clinic_ids), strict=True):
            if stored is not None:
                self._keep(clinic_id, stored)
                found[clinic_id] = stored
        return found

    async def _load(self, conn: Connection, clinic_id: str, version: int | None) -> StoredSetup:
        done: asyncio.Future[StoredSetup] = asyncio.get_running_loop().create_future()
        self._loading[clinic_id, version] = done
        try:
            stored = await read_setup(conn, clinic_id)
            if stored is None:
                raise NotFound("clinic", clinic_id)
            self._keep(clinic_id, stored)
            return stored
        finally:
            done.cancel()  # a signal and nothing else: the result is in the cache
            if self._loading.get((clinic_id, version)) is done:
                del self._loading[clinic_id, version]

    def _keep(self, clinic_id: str, stored: StoredSetup) -> None:
        known = self._setups.get(clinic_id)
        if known is not None and known.version > stored.version:
            return  # a slower reader saw the older one
        self._setups[clinic_id] = stored
        self._setups.move_to_end(clinic_id)
        while len(self._setups) > self._size:
            self._setups.popitem(last=False)
