"""LocalStack runs the functions' real artifacts by this, where there is no Docker.

Each execution environment is a process of its own (paws_process.py), of the Node and the runtime interface
client that PAWS_LAMBDA_NODE and PAWS_LAMBDA_RIC name.
Not as in AWS: no limit of memory, and no read-only file system.
"""

import logging
import time

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from paws_process import FunctionProcess

LOG = logging.getLogger(__name__)
# How often a process that died before it had its event is replaced.
STARTS = 3


class PawsExecutor(RuntimeExecutor):
    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self.environment: dict[str, str] = {}
        self.process: FunctionProcess | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        self.environment = {name: str(value) for name, value in env_vars.items()}
        self._launch()

    def _launch(self) -> FunctionProcess:
        config = self.function_version.config
        name = self.function_version.id.function_name
        process = FunctionProcess(config.code.get_unzipped_code_location(), self.environment)
        self.process = process
        failed = process.wait_for_start()
        if failed is not None:
            process.kill()
            LOG.warning("%s did not start: %s\n%s", name, failed.decode(), process.take_log())
            raise StatusErrorException("Environment startup failed", payload=failed)
        return process

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request, seconds = payload["invoke-id"], self.function_version.config.timeout
        began = time.time()
        for start in range(STARTS):
            # One that ended since its last event has no part in this one.
            process = self.process if self.process is not None and self.process.alive() else self._launch()
            deadline = str(int((time.time() + seconds) * 1000))
            failed, body = process.deliver({**payload, "deadline-ms": deadline}, seconds)
            if process.alive() or process.taken:
                break
        took = (time.time() - began) * 1000
        version = self.function_version.id.qualifier
        memory = self.function_version.config.memory_size
        log = (
            f"START RequestId: {request} Version: {version}\n{process.take_log()}"
            f"END RequestId: {request}\n"
            f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\tMemory Size: {memory} MB\n"
        )
        return InvocationResult(request, body, is_error=failed, logs=log)

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return "http://127.0.0.1"

    def get_logs(self) -> str:
        return "" if self.process is None else self.process.take_log()

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass


class PawsExecutorPlugin(RuntimeExecutorPlugin):
    name = "paws"

    def load(self, *args, **kwargs) -> type[RuntimeExecutor]:
        return PawsExecutor
