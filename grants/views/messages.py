"""The messages about a grant."""

from typing import Any

from django.db.models import QuerySet

from grants.views.grants import find, head
from municipalities.access import Capability, staff_view
from municipalities.models import Message
from municipalities.views.messages import MessageListView


@staff_view(Capability.VIEW)
class GrantMessageList(MessageListView):
    """Every message about a grant."""

    filterset_class = None
    template_name = "grants/grant_messages.html"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Begin without a grant: who asks is not known to be let in yet."""
        super().setup(request, *args, **kwargs)
        self._grant: Any = None

    @property
    def grant(self) -> Any:
        """The grant in the address, looked up once."""
        if self._grant is None:
            self._grant = find(self.request, self.kwargs["pk"])  # type: ignore[arg-type]
        return self._grant

    def get_page_title(self) -> str:
        """Return the heading, which names the files too."""
        return str(self.grant)

    def get_queryset(self) -> QuerySet[Message]:
        """Return those about the grant."""
        return super().get_queryset().filter(about__grant=self.grant)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the head of the grant's pages."""
        return super().get_context_data(**kwargs | head(self.grant, "messages"))
