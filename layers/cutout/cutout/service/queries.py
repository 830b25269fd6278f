"""The tasks that only tell: an earlier task's result, an account's details. They leave no record and cost nothing."""

from dataclasses import dataclass

from cutout.domain.accounts import Account
from cutout.domain.tasks import AccountTask, ResponseTask, TaskKey
from cutout.service.accounts import Accounts
from cutout.service.invocation import AnswerRoom
from cutout.service.outcomes import Completed, Described
from cutout.service.respond import Responses


@dataclass(frozen=True, slots=True)
class Queries:
    responses: Responses
    accounts: Accounts

    def answer(self, task: ResponseTask | AccountTask, account: Account, room: AnswerRoom) -> Completed | Described:
        """Raises TaskFailedOrNotFound, ImageNotFound, OutputTooLarge."""
        match task:
            case ResponseTask():
                return self.responses.find(TaskKey(account.account_id, task.task_uuid), room)
            case AccountTask():
                return Described(task, self.accounts.details(account))
