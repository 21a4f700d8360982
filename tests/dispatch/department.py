"""A small department: five engineers, twelve orders with windows on Wednesday 2026-11-25."""

from dataclasses import dataclass, field
from datetime import date

from backend.appointments import actions as appointments
from backend.core.uow import SYSTEM, Actor, Transactions, UnitOfWork
from backend.customers import actions as customers
from backend.orders import actions as orders
from backend.staff import actions as staff
from backend.staff import queries as staff_queries

DAY = date(2026, 11, 25)
HOUR = 3600
HOMES = ((39.94, 116.34), (39.91, 116.47), (39.98, 116.31), (39.87, 116.41), (39.95, 116.43))
SITES = (
    (39.913, 116.460, "朝阳区"),
    (39.905, 116.372, "西城区"),
    (39.982, 116.306, "海淀区"),
    (39.921, 116.443, "朝阳区"),
    (39.866, 116.379, "丰台区"),
    (39.940, 116.355, "西城区"),
    (39.958, 116.419, "东城区"),
    (39.898, 116.398, "东城区"),
    (39.976, 116.335, "海淀区"),
    (39.930, 116.482, "朝阳区"),
    (39.885, 116.447, "朝阳区"),
    (39.999, 116.270, "海淀区"),
)


@dataclass
class Department:
    """Ids of what was made, and the technical assistant who works with it."""

    assistant: Actor = SYSTEM
    engineers: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)

    def engineer(self, transactions: Transactions, n: int) -> Actor:
        """The n-th engineer as an actor."""
        with transactions.read(SYSTEM) as uow:
            return staff_queries.actor(uow, self.engineers[n], "phone")


def make(transactions: Transactions, *, on: date = DAY, orders_on_day: int = 12) -> Department:
    """Fill an empty database; the windows are on the day ``on``, which is a weekday."""
    made = Department()
    with transactions.begin(SYSTEM) as uow:
        assistant_id = staff.add_person(
            uow, login="zhaomin", name="赵敏", password="Paidan-2026-zm", roles=["technical_assistant"]
        )
        for n, (lat, lon) in enumerate(HOMES):
            person_id = staff.add_person(
                uow, login=f"eng{n}", name=f"工程师{n}", password=f"Paidan-2026-e{n}", roles=["engineer"]
            )
            staff.make_engineer(
                uow,
                person_id=person_id,
                code=f"E{n}",
                home_address="北京",
                home_lat=lat,
                home_lon=lon,
                mode=("car", "metro", "ebike")[n % 3],
                skills={"install": 2, "repair": 2, "maintenance": 1},
                shifts=dict.fromkeys(range(5), (9 * HOUR - 1800, 18 * HOUR)),
            )
            made.engineers.append(person_id)
        made.assistant = staff_queries.actor(uow, assistant_id, "web")
    for n in range(orders_on_day):
        with transactions.begin(made.assistant) as uow:
            made.orders.append(add_order(uow, n))
            from_s = (9 + n % 4 * 2) * HOUR
            appointments.appoint(
                uow,
                order_id=made.orders[-1],
                on=on,
                from_s=from_s,
                to_s=from_s + 2 * HOUR,
                agreed_with="李工",
            )
    return made


def add_order(uow: UnitOfWork, n: int, *, urgent: bool = False) -> int:
    """An approved order at one of the places; the actor may be anyone, its making is the system's."""
    system = UnitOfWork(uow.session, SYSTEM, uow.now)
    lat, lon, district = SITES[n % len(SITES)]
    customer_id = customers.ensure_customer(
        system, name=f"北京客户{n}有限公司", tax_number=None, division=None
    )
    site_id = customers.ensure_site(
        system,
        customer_id=customer_id,
        address=f"{district}某路{n}号",
        district=district,
        lat=lat,
        lon=lon,
        position_source="pin",
    )
    order = orders.create_service_order(
        system,
        kind=("repair", "maintenance")[n % 2],
        customer_id=customer_id,
        site_id=site_id,
        contact_name="李工",
        contact_phone="13800000000",
        problem="拨号器不工作",
        urgent=urgent,
    )
    orders.approve(system, order_id=order.id)
    return order.id
