"""The job queue: which tasks there are, on which queue, and which come back by the clock."""

from typing import Final

from procrastinate import App, JobContext
from procrastinate.jobs import Status

from api.jobs.connector import PatientConnector
from api.jobs.solving import Solving, solve_stored
from api.jobs.upkeep import rescue_scenarios, sweep_holds, sweep_records
from api.workflows.runtime import Runtime
from models.postgres.jobs import SCENARIOS, SOLVE_SCENARIO
from models.postgres.write_scenarios import DEAD_AFTER_SECONDS

UPKEEP: Final = "upkeep"

EVERY_TEN_SECONDS: Final = "* * * * * */10"
EVERY_MINUTE: Final = "* * * * *"
EVERY_HOUR: Final = "17 * * * *"


def job_queue(connector: PatientConnector, runtime: Runtime, solving: Solving) -> App:
    """The queue with all its tasks.

    Those of the upkeep take no lock, since one that died with it would keep the others from ever running;
    only one of each waits at a time.
    """
    app = App(connector=connector)

    @app.task(name=SOLVE_SCENARIO, queue=SCENARIOS)
    async def solve_scenario(clinic_id: str, scenario_id: str) -> None:
        await solve_stored(runtime, clinic_id, scenario_id, solving)

    @app.periodic(cron=EVERY_TEN_SECONDS)
    @app.task(name="rescue", queue=UPKEEP, queueing_lock="rescue", pass_context=True)
    async def rescue(context: JobContext, timestamp: int) -> None:
        del timestamp
        await _rescue_jobs(context.app)
        await rescue_scenarios(runtime)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="sweep_holds", queue=UPKEEP, queueing_lock="sweep_holds")
    async def sweep_overdue_holds(timestamp: int) -> None:
        del timestamp
        await sweep_holds(runtime)

    @app.periodic(cron=EVERY_HOUR)
    @app.task(name="sweep_records", queue=UPKEEP, queueing_lock="sweep_records")
    async def sweep_old_records(timestamp: int) -> None:
        del timestamp
        await sweep_records(runtime)

    return app


async def _rescue_jobs(app: App) -> None:
    """What workers had begun who are not heard of is done by others; upkeep comes back by the clock."""
    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        if job.queue == UPKEEP and job.id is not None:
            await jobs.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=True)
        else:
            await jobs.retry_job(job)
