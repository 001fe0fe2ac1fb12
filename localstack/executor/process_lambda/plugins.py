"""The entry points through which LocalStack finds this package."""

# LocalStack has no type information: mypy sees its base classes and decorators as Any.
from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """Chosen with LAMBDA_RUNTIME_EXECUTOR=process."""

    name = "process"

    def load(self, *args: object, **kwargs: object) -> type:
        """The executor class, imported when it is chosen."""
        from process_lambda.executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_infra_start()  # type: ignore[untyped-decorator]
def apply_repairs() -> None:
    """Repair LocalStack before its services load."""
    from process_lambda import repairs, waiting_line

    repairs.apply()
    waiting_line.apply()


@hooks.on_infra_shutdown()  # type: ignore[untyped-decorator]
def stop_processes() -> None:
    """End all functions, so that none delays the end of LocalStack."""
    from process_lambda import watchdog

    watchdog.kill_all()
