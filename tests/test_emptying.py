"""What a test that commits leaves behind is gone, and what an installation is born with is as it was."""

import pytest
from django.contrib.auth.models import Group, Permission

from inventory.models import Item
from tests import factories as make
from tests.emptying import Given, empty


@pytest.mark.django_db(transaction=True)
def test_rows_go_and_roles_come_back_under_their_numbers():
    given = Given.now()
    make.approver("ada")
    make.item("000123")
    Permission.objects.order_by("pk").first().delete()
    Group.objects.get(name="approver").delete()
    Group.objects.create(name="guests")
    assert Given.now() != given
    empty(given)
    assert Given.now() == given
    assert not Item.objects.exists()
