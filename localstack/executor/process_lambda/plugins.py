"""What LocalStack finds through its entry points."""

# LocalStack has no type information: its base classes and decorators are Any to the checker.
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
    """End all functions, so that none holds up the end of LocalStack."""
    from process_lambda import watchdog

    watchdog.kill_all()
