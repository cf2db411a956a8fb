"""What docs/features.md claims: each feature by its id, on the tables that are installed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kamrules.hooks import plugins
from kamrules.rules.catalogue import load_rules, merged_specs, vocabulary
from kamrules.run import evaluate

from .conftest import ROOT


@dataclass(frozen=True)
class Case:
    """A feature: what a table says about some inputs."""

    id: str
    table: str
    inputs: dict[str, Any]
    expected: dict[str, Any]


# id | table | inputs | outputs
CASES = """
T01 | tier_share | 战略意义=无; 销售额占比=6.2% | 战略
T02 | tier_share | 战略意义=重大; 销售额占比=0% | 战略
T03 | tier_share | 战略意义=无; 销售额占比=1% | 重点
T03 | tier_share | 战略意义=无; 销售额占比=4.99% | 重点
T04 | tier_share | 战略意义=重要; 销售额占比=0.2% | 重点
T05 | tier_share | 战略意义=无; 销售额占比=0.9%; 发展潜力=60 | 普通
T05 | tier_share | 战略意义=无; 销售额占比=0.9% | 非大客户
T50 | importance | 服务等级=战略 | 贵宾型
T50 | importance | 服务等级=普通 | 普通型
T07 | tier_pyramid | 排名位置=0% | 金字塔层=重要客户(VIP)
T08 | tier_pyramid | 排名位置=1% | 金字塔层=主要客户
T08 | tier_pyramid | 排名位置=50% | 金字塔层=小客户
T09 | tier_pyramid | 排名位置=19.9% | 关键客户=true
T10 | tier_pyramid | 排名位置=20% | 金字塔层=一般客户; 关键客户=false
T15 | tier_value | 期内利润=900; 毛利率=30%; 利润排名位置=0%; 忠诚度=10; 铂金称呼=铂金 | 铂金
T16 | tier_value | 期内利润=900; 毛利率=30%; 利润排名位置=10%; 忠诚度=70 | 黄金
T16 | tier_value | 期内利润=900; 毛利率=30%; 利润排名位置=10%; 忠诚度=69 | 铁质
T17 | tier_value | 期内利润=0; 毛利率=0%; 利润排名位置=10%; 忠诚度=90 | 铅质
T17 | tier_value | 期内利润=1; 毛利率=1.9%; 利润排名位置=10%; 忠诚度=90 | 铅质
T19 | tier_criteria | 利润占比=1%; 战略意义=无; 流失影响率=0%; 合作月数=1; 活跃月数_12=1; 投入占比=0% | 1
T20 | tier_criteria | 利润占比=0%; 战略意义=重要; 流失影响率=0%; 合作月数=1; 活跃月数_12=1; 投入占比=0% | 1
T21 | tier_criteria | 利润占比=0%; 战略意义=无; 流失影响率=1%; 合作月数=1; 活跃月数_12=1; 投入占比=0% | 1
T22 | tier_criteria | 利润占比=0%; 战略意义=无; 流失影响率=0%; 合作月数=24; 活跃月数_12=9; 投入占比=0% | 1
T23 | tier_criteria | 利润占比=0%; 战略意义=无; 流失影响率=0%; 合作月数=1; 活跃月数_12=1; 发展潜力=60; 投入占比=0% | 1
T24 | tier_criteria | 利润占比=0%; 战略意义=无; 流失影响率=0%; 合作月数=1; 活跃月数_12=1; 投入占比=1% | 1
T25 | tier_criteria | 利润占比=9%; 战略意义=重大; 流失影响率=9%; 合作月数=30; 活跃月数_12=12; 发展潜力=90; 投入占比=9% | 6
T25 | tier_criteria_grade | 六标准命中数=5 | 战略
T25 | tier_criteria_grade | 六标准命中数=0 | 非大客户
T57 | buying_pattern | 订单数=4; 平均订单额位置=10% | 大客户型
T57 | buying_pattern | 订单数=3; 平均订单额位置=10% | 小客户型
T26 | tier_bank | 年综合效益=5000000; 年中间业务价值=0; 期内利润=1; 产品数=1; 忠诚度=1 | 银行颜色=蓝色
T26 | tier_bank | 年综合效益=0; 年中间业务价值=3000000; 期内利润=1; 产品数=1; 忠诚度=1 | 银行颜色=蓝色
T27 | tier_bank | 年综合效益=3000000; 年中间业务价值=0; 期内利润=1; 产品数=1; 忠诚度=1 | 银行颜色=绿色
T27 | tier_bank | 年综合效益=0; 年中间业务价值=1000000; 期内利润=1; 产品数=1; 忠诚度=1 | 银行颜色=绿色
T28 | tier_bank | 年综合效益=0; 年中间业务价值=0; 期内利润=1; 产品数=2; 忠诚度=70 | 银行颜色=红色
T29 | tier_bank | 年综合效益=0; 年中间业务价值=0; 期内利润=1; 产品数=4; 忠诚度=70 | 银行颜色=转移; 银行动作=转低成本渠道
T30 | tier_bank | 年综合效益=0; 年中间业务价值=0; 期内利润=0; 产品数=4; 忠诚度=70 | 银行颜色=清退
T31 | tier_abc | 累计销售占比_之前=79.9% | A
T31 | tier_abc | 累计销售占比_之前=80% | B
T31 | tier_abc | 累计销售占比_之前=95% | C
E15 | deposit | ABC 等级=C; 费时服务=true | 25
E15 | deposit | ABC 等级=A; 费时服务=true | 0
T32 | tier_threshold | 期内销售额=10000001; 行业排名=9; 增长率=0%; 创新型=false | ["大客户(销售额超1000万)"]
T33 | tier_threshold | 期内销售额=1; 行业排名=5; 增长率=0%; 创新型=false | ["大客户(行业前五)"]
T34 | tier_threshold | 期内销售额=1; 行业排名=9; 增长率=30%; 创新型=true | ["潜力大客户"]
T35 | tier_points | 客户总采购额=10000000; 销售额占比=5%; 行业排名=5; 增长率=30% | 100
T35 | tier_score | 可得满分=50; 积分=40 | 战略
T35 | tier_score | 可得满分=25; 积分=25 | 资料不足
T36 | tier_potential | 潜力估算=60; 客户总采购额=10000000; 忠诚度=70 | 100
T53 | value_notes | 影响力=4; 反馈次数_12月=0 | ["意见领袖:可考虑升一级"]
T54 | value_notes | 影响力=1; 反馈次数_12月=3 | ["提供信息多"]
O23 | target_screening | 潜力评分=60 | true
T38 | nomination_check | 部门=市场开发部; 提名理由=潜力大 | 提名有效=true
T38 | nomination_check | 部门=市场开发部; 提名理由=付款好 | 提名有效=false
T39 | nomination_check | 部门=生产监控部; 提名理由=面积大 | 提名有效=true
T40 | nomination_check | 部门=造价合约中心; 提名理由=利润大 | 提名有效=true
T40 | nomination_support | 提名理由=利润大; 被提名客户利润排名位置=50% | 不支持
T41 | nomination_support | 提名理由=付款好; 被提名客户回款天数=60 | 支持
T42 | nomination_merge | 有效提名部门数=3 | 战略
T42 | nomination_merge | 有效提名部门数=0 | 未提名
T06 | key_account | 服务等级=普通; 六标准命中数=0 | true
T06 | key_account | 服务等级=非大客户; 六标准命中数=3 | true
T06 | key_account | 服务等级=非大客户; 六标准命中数=2 | false
T45 | tier_borderline | 采用方案=占比; 销售额占比=4.6%; 排名位置=30%; 累计销售占比_之前=10% | true
T45 | tier_borderline | 采用方案=占比; 销售额占比=4.4%; 排名位置=30%; 累计销售占比_之前=10% | false
T46 | tier_computed | 采用方案=统一 | 标准
T47 | upgrade_candidate | 销售额占比=4%; 金字塔层=主要客户; 发展潜力=60 | 刺激升级
T48 | upgrade_candidate | 销售额占比=0.1%; 金字塔层=小客户; 发展潜力=60 | 鞭策升级
T43 | tier_effective | 人工等级核对=无; 上期等级序=3; 等级序=4; 是否评审月=false; 临界=false; 等级=战略; 上期等级=重点 | 生效等级=重点; 评审结论=待评审
T43 | tier_effective | 人工等级核对=无; 上期等级序=3; 等级序=4; 是否评审月=true; 临界=false; 等级=战略; 上期等级=重点 | 生效等级=战略; 评审结论=升级
T43 | tier_effective | 人工等级核对=无; 上期等级序=4; 等级序=3; 是否评审月=true; 临界=true; 等级=重点; 上期等级=战略 | 生效等级=战略; 评审结论=临界观察
T43 | tier_effective | 人工等级核对=无; 上期等级序=4; 等级序=3; 是否评审月=true; 临界=true; 等级=重点; 上期等级=战略; 上期评审结论=临界观察 | 生效等级=重点; 评审结论=降级
E01 | entitlements | 服务等级=战略 | 折扣上限=0.1; 专属经理=true
E02 | entitlements | 服务等级=非大客户 | 折扣上限=0; 专属经理=false
E03 | owner_check | 服务等级=战略; 负责人=王; 服务人数=2 | 团队不足
E04 | owner_check | 服务等级=普通; 服务人数=1 | 缺负责人
E05 | discount_check | 最高折扣=5.1%; 折扣上限=0.05 | 超限
E05 | discount_check | 最高折扣=5%; 折扣上限=0.05 | 未超限
E06 | entitlements | 服务等级=重点 | 供货优先级=2
E07 | entitlements | 服务等级=战略 | 方案定制=是
E08 | entitlements | 服务等级=战略 | 培训天数_年=4; 咨询天数_年=4
E09 | entitlements | 服务等级=普通 | 培训天数_年=1; 咨询天数_年=0
E10 | entitlements | 服务等级=重点 | 支持时段=7x24
E12 | entitlements | 服务等级=战略 | 交流活动_年=2
E13 | entitlements | 服务等级=重点 | 信息推送_工作日=3
E14 | entitlements | 服务等级=战略 | 客户活动_年=1
E28 | entitlements | 服务等级=重点 | 上门服务=专业团队上门
E29 | entitlements | 服务等级=普通 | 服务程度=正常
E30 | entitlements | 服务等级=战略 | 服务方式=一对一, 跟踪, 自动
E20 | quote_guidance | 合作月数=40; 订单数=3; 增长率=0%; 折扣上限=0.1 | 报价指引=老客户价; 报价折扣上限=0.1
E20 | quote_guidance | 合作月数=40; 订单数=3; 增长率=-30%; 折扣上限=0.1 | 报价指引=挽留价; 报价折扣上限=0.12
E21 | quote_guidance | 订单数=0; 折扣上限=0 | 报价指引=体验价; 价格系数=0.3
E23 | handler | 末次接触人=李; 负责人=王 | 李
E23 | handler | 负责人=王 | 王
E22 | obligations | 目标关系类型=负责型 | 售后打电话询问是否满意
M09 | relationship_type | 服务等级=重点; 订单数=1; 同级客户数=300; 毛利率=10% | 目标关系类型=基本型
M09 | relationship_type | 服务等级=重点; 订单数=1; 同级客户数=3; 毛利率=40% | 目标关系类型=伙伴型
M10 | relationship_actual | 主动接触_180天=0; 来访来电_180天=0 | 实际关系类型=基本型
M11 | relationship_actual | 主动接触_180天=0; 来访来电_180天=2 | 实际关系类型=被动型
M12 | relationship_actual | 现关系类型=主动式; 主动接触_180天=0; 来访来电_180天=0 | 实际关系类型=能动型
M23 | relationship_step | 实际关系类型=负责型 | 增值型
E17 | bank_fee | 客户年龄=40; 合作月数=30; 账户储蓄余额=0; 账户月均结余=249 | 账户费用(美元)=5
E17 | bank_fee | 客户年龄=40; 合作月数=30; 账户储蓄余额=1; 账户月均结余=249 | 账户费用(美元)=0; 收费动作=免收
E18 | account_profit | 账户收支=-1 | 亏损
P08 | tier_pyramid | 排名位置=0% | 关键客户=true
E19 | bank_fee | 客户年龄=60; 合作月数=30; 账户储蓄余额=0; 账户月均结余=10 | 账户费用(美元)=0
E19 | bank_fee | 客户年龄=20; 合作月数=11; 账户储蓄余额=0; 账户月均结余=10 | 收费动作=鼓励储蓄
P18 | light_current_ratio | 流动比率=1.5 | 绿
P19 | light_net_margin | 净利润率=-1% | 红
P20 | light_return_on_assets | 资产回报率=4.9% | 黄
P21 | light_collection_days | 回款周期=91 | 红
P22 | light_inventory_days | 存货周期=90 | 绿
P22 | light_inventory_days | 存货周期= | 无数据
P23 | credit_grade | 有数据的灯数=5; 红灯数=3; 黄灯数=0; 逾期应收天数=0 | 信用评级=D
P23 | credit_grade | 有数据的灯数=5; 红灯数=0; 黄灯数=1; 逾期应收天数=0 | 信用评级=A; 授信建议=可放宽
P23 | credit_grade | 信用等级=B; 有数据的灯数=0; 红灯数=0; 黄灯数=0 | 信用评级=B
T11 | tier_small | 金字塔层=小客户; 信用评级=C | 劣质客户
T11 | tier_small | 金字塔层=小客户; 信用评级=A; 逾期次数_12月=0 | 小客户
T12 | problem_flags | 逾期次数_12月=2; 逾期应收天数=91; 费时服务=false; 期内利润=1 | ["经常延期支付", "拖欠不付"]
T13 | vip_traits | 排名位置=0%; 忠诚度=70; 投入占比=1%; 销售额占比=0.05; 优惠销售占比=0%; 产品数=4; 推荐客户数=1 | 6
T14 | multi_source | 供应商数=2 | true
T37 | builder_definition | 合同额位置=10%; 合作月数=36; 信用评级=B | true
T49 | core80 | 累计销售占比_之前=79.9% | true
P11 | core80 | 累计销售占比_之前=80% | false
T52 | size_quality | 服务等级=战略; 期内利润=0; 信用评级=A; 逾期次数_12月=0 | 大而不好
T52 | size_quality | 服务等级=普通; 期内利润=9; 信用评级=A; 逾期次数_12月=0 | 小而好
T56 | price_driven | 优惠销售占比=50%; 毛利率=-1% | true
P07 | profit_class | 期内利润=5; 利润排名位置=10% | 最赚钱
P07 | profit_class | 期内利润=-5; 利润排名位置=90% | 不赚钱
P10 | served_result | 净贡献=-1 | 服务后亏损
P12 | segment_quality | 细分客户数=4; 细分销售占比=4%; 细分利润=1; 联系方式齐全率=100% | 太小
P12 | segment_quality | 细分客户数=5; 细分销售占比=9%; 细分利润=1; 联系方式齐全率=80% | 成立
C03 | department_updates | 更新部门数_90天=2 | 两个部门以上
C04 | data_freshness | 资料天数=181 | 陈旧
C10 | customer_archive | 档案块数=2 | 缺一块
C17 | data_completeness | 服务等级=重点; 资料完整度=79% | 不足
C20 | feedback_check | 服务等级=重点; 无反馈拜访数=1 | 缺反馈
G15 | tier_coverage | 供货优先级= | 没有权益行
"""
RULES = (
    "tiering",
    "entitlements",
    "credit",
    "portfolio",
    "quality",
    "contacts",
    "recovery",
    "satisfaction",
)
# Results that some tables pass on; a case says only those it is about.
PASSED_ON = {
    "tier_value": ("铂金称呼",),
    "tier_computed": (
        "占比等级", "金字塔层", "价值类别", "六标准等级", "银行颜色", "ABC 等级", "积分等级", "提名等级",
    ),
}  # fmt: skip
DONE_ELSEWHERE = re.compile(r"def test_((?:[A-Z]\d\d_)+)")


def cases() -> list[Case]:
    """Return the cases of the text above."""
    found = []
    for line in CASES.strip().splitlines():
        id_, table, inputs, outputs = (part.strip() for part in line.split(" | "))
        expected = dict(_pair(part) for part in outputs.split(";"))
        given = dict(_pair(part) for part in inputs.split(";"))
        found.append(Case(id_, table, given, expected))
    return found


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.strip().partition("=")
    if not equals:
        name, value = "", name
    if not value:
        return name, None
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Any]:
    """Return the function that gives what the table of a case says; each table is asked once."""
    lines, manager = tmp_path_factory.mktemp("cases") / "cases.jsonl", plugins.load()
    said: dict[int, Any] = {}
    known = vocabulary(merged_specs(manager))
    for rules in RULES:
        path = ROOT / "rulesets" / f"{rules}.xlsx"
        loaded = load_rules(path, known)
        by_table: dict[str, list[Case]] = {}
        for case in cases():
            by_table.setdefault(case.table, []).append(case)
        with pytest.MonkeyPatch.context() as patched:
            # A workbook need not be read again for each of its tables.
            patched.setattr(evaluate, "load_rules", lambda *_, loaded=loaded: loaded)
            for table in by_table.keys() & set(_tables(path)):
                its = by_table[table]
                lines.write_text("\n".join(json.dumps(_whole(c)) for c in its), "utf-8")
                given = evaluate.evaluate(path, table, lines, manager, "zh")
                for case, answer in zip(its, given, strict=True):
                    said[_key(case)] = answer["output"]
    return lambda case: said[_key(case)]


def _whole(case: Case) -> dict[str, Any]:
    return dict.fromkeys(PASSED_ON.get(case.table, ())) | case.inputs


def _key(case: Case) -> int:
    return hash((case.id, case.table, json.dumps(case.inputs)))


def _tables(path: Path) -> list[str]:
    rulebook, problems = load_rules(path, vocabulary(merged_specs(plugins.load())))
    assert problems == []
    return [t.name.split()[-1] for t in rulebook.tables]


@pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.id}-{c.table}")
def test_feature(case: Case, answers: Callable[[Case], Any]) -> None:
    output = answers(case)

    for name, expected in case.expected.items():
        got = output[_named(output, name)] if name else output
        assert got == (pytest.approx(expected) if isinstance(expected, float) else expected)


def _named(output: dict[str, Any], name: str) -> str:
    return next(k for k in output if k.split(" ")[0] == name or k == name)


def test_E11_the_hours_to_respond_and_resolve_follow_severity_and_tier(tmp_path: Path) -> None:
    path, manager = ROOT / "rulesets" / "complaints.xlsx", plugins.load()

    def decided(table: str, **inputs: Any) -> Any:
        lines = tmp_path / "cases.jsonl"
        lines.write_text(json.dumps(inputs), "utf-8")
        return next(iter(evaluate.evaluate(path, table, lines, manager, "zh")))["output"]

    given = {"登记严重度": "重大", "公开或媒体": False, "影响": "小"}
    assert decided("severity", **given, 客户等级="普通") == "重大"
    assert decided("severity", **given, 客户等级="战略") == "紧急"
    hours = decided("sla", 有效严重度="紧急")
    assert hours[_named(hours, "响应时限")] == "2小时"
    assert hours[_named(hours, "解决时限")] == "24小时"


def test_G08_the_staff_sheet_says_by_role_who_is_told() -> None:
    from kamrules_plugins.company import Person, ReportingLine

    people = [
        Person("陈晓", "客户经理", "周平", "", True),
        Person("周平", "主管", "赵强", "", True),
        Person("赵强", "总监", "", "", True),
    ]
    line = ReportingLine(people, {})

    told = [line.addressee("陈晓", role) for role in ("负责人", "主管", "总监")]
    assert [p.name for p in told if p] == ["陈晓", "周平", "赵强"]


# The page

PAGE = ROOT / "docs" / "features.md"


def claims() -> dict[str, str]:
    """Return what the page says of each feature."""
    rows = re.findall(r"^\| ([A-Z]\d\d) \| .* \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def ids_of_tests() -> set[str]:
    """Return the ids that the name or the case of a test holds."""
    found = {case.id for case in cases()}
    for path in (ROOT / "tests").glob("test_*.py"):
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8")):
            found |= {id_.upper() for id_ in re.findall(r"(?<=_)[A-Za-z]\d\d(?=_)", name)}
    return found


def test_every_claimed_feature_has_a_test_of_its_name() -> None:
    claimed = {id_ for id_, said in claims().items() if not said.startswith("-")}

    assert sorted(claimed - ids_of_tests()) == []


def test_the_tables_that_the_page_names_are_installed() -> None:
    installed = {name for rules in RULES for name in _tables(ROOT / "rulesets" / f"{rules}.xlsx")}
    named = {
        name
        for said in claims().values()
        if "table" in said
        for name in re.findall(r"`(\w+)`", said)
    }

    assert named <= installed


def test_every_feature_of_the_rule_sets_is_on_the_page(shared: Path) -> None:
    import csv

    sections = set(re.findall(r"^## (\w+)$", PAGE.read_text("utf-8"), re.MULTILINE))
    with (shared / "domain" / "seed_features.csv").open(encoding="utf-8-sig") as file:
        wanted = [r["id"] for r in csv.DictReader(file) if r["rule set / report"] in sections]

    assert sorted(claims()) == sorted(wanted)
    assert len(wanted) == 202


@pytest.mark.parametrize("rules", RULES)
def test_every_row_says_where_it_comes_from_and_every_choice_has_an_english_name(
    rules: str,
) -> None:
    path = ROOT / "rulesets" / f"{rules}.xlsx"
    rulebook, _ = load_rules(path, vocabulary(merged_specs(plugins.load())))
    named = {label.zh for label in rulebook.labels}
    for table in rulebook.tables:
        assert table.properties["source"].startswith(("种子", "默认", "外部")), table.name
        for rule in table.rules:
            source = next(v for k, v in rule.notes.items() if k.startswith("依据"))
            assert re.search("种子|默认|外部", source), (table.name, rule.id)
        for at, output in enumerate(table.outputs):
            if output.type == "enum":
                words = {
                    str(getattr(r.outputs[at].meaning, "value", "") or "") for r in table.rules
                }
                chinese = {w for w in words if re.search(r"[\u3400-\u9fff]", w)}
                assert chinese <= named, (table.name, chinese - named)
