"""One row a client, held by whoever must not meet a message halfway."""

import pytest
from django.db import transaction

from inventory.models import WmsIntake
from inventory.wms.intake import hold_intake
from tests import factories as make
from tests.wms.sending import Wms, fed_stock


@pytest.mark.django_db
def test_of_a_client_that_never_sent_anything_it_is_made_with_its_whole_allowance(django_assert_num_queries):
    wms = Wms(make.zone(), updates_per_minute=5_000)
    with transaction.atomic():
        held = hold_intake(wms.client)
        assert (held.highest_sequence, held.allowance) == (None, 5_000)
        with django_assert_num_queries(1):
            assert hold_intake(wms.client) == held
    assert WmsIntake.objects.get() == held


@pytest.mark.django_db
def test_it_says_how_far_the_feed_has_come():
    home = make.zone()
    wms, what = Wms(home), fed_stock(10, home=home)
    wms.told(wms.update(3, what, 5))
    with transaction.atomic():
        assert hold_intake(wms.client).highest_sequence == 3
