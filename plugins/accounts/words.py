"""The words of key accounts on sheets and reports, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from kamrules.plugin import Text
from kamrules.plugin import label as core_label

# fmt: off
WORDS: Mapping[str, Text] = {
    # for what any run has
    "grade": Text("等级", "Tier"),
    "subject_id": Text("客户编号", "Customer ID"),
    "subject_list": Text("客户清单", "Customers"),
    "by_grade": Text("各等级", "By tier"),
    "count": Text("客户数", "Customers"),
    "count_change": Text("户数变化", "Change"),
    "measure_change": Text("销售额变化", "Sales change"),
    "grade_lines": Text("等级 户数 变化 销售额 销售占比", "tier customers change sales share"),
    "note_grade": Text("等级: {grade}  (上期 {previous})", "Tier: {grade}  (previous {previous})"),
    # columns, figures and findings
    "title": Text("大客户分级结果", "Key-account results"),
    "customer_share": Text("客户占比", "Of customers"),
    "sales_share": Text("销售占比", "Of sales"),
    "cumulative": Text("累计占比", "Cumulative share"),
    "rank": Text("排名", "Rank"),
    "changed": Text("等级变化", "Changed"),
    "structure": Text("结构", "Structure"),
    "changes": Text("等级变化: 上期 → 本期", "Tier changes: previous → now"),
    "more_changes": Text("另有 {count} 户变化, 见客户表的 “变化” 列.", "{count} more changed; see the Change column of the customers sheet."),
    "pyramid": Text("客户金字塔", "Tier pyramid"),
    "pyramid_hint": Text("各等级客户数", "customers in each tier"),
    "pareto": Text("帕累托", "Pareto"),
    "pareto_hint": Text("客户销售额{unit}, 由高到低; 线为累计占比", "sales of each customer{unit}, largest first; the line is the cumulative share"),
    "pareto_mark": Text("前 {count} 户 = 80%", "top {count} = 80%"),
    "search": Text("搜索客户, 规则, 依据", "search customers, rules, reasons"),
    "listed": Text("共 {total} 户, 这里列出销售额前 {top} 户和变化或未判定的客户(至多 {most} 户), 计 {count} 户; 其余见工作簿.", "{total} customers; listed here are the {top} largest by sales and those that changed or are undecided (at most {most}), {count} in all; the workbook has the rest."),
    "spread": Text("集中度: 通常的说法与本簿", "Concentration: what is said, and this book"),
    "spread_hint": Text("与通常的说法不同不是错误; 没有意义的比例不写数字", "to differ from what is said is no error; a part that means nothing has no figure"),
    "note": Text("说明", "Note"),
    "whale": Text("鲸鱼曲线", "Whale curve"),
    "whale_hint": Text("客户按利润由高到低, 累计利润{unit}", "cumulative profit{unit}, customers by falling profit"),
    "whale_mark": Text("最高点: {count} 户", "peak: {count} customers"),
    "borderline": Text("临界客户", "Borderline customers"),
    "borderline_hint": Text("离门槛不到一成, 分级时请人工看一眼", "within a tenth of a threshold: worth a second look"),
    "not_known": Text("不知道", "not known"),
    "not_meaningful": Text("无意义", "n/a"),
    "only_money": Text("无意义 (金额 {money})", "n/a (in money {money})"),
    "peak_at": Text("{peak}, 在前 {at} 客户处", "{peak}, at the first {at} of customers"),
    "note_loss": Text("全部利润 {total}, 不大于零: 占比没有意义, 只给金额.", "total profit is {total}, not above zero: parts of it mean nothing, so there is money instead."),
    "note_unknown": Text("{count} 户的利润不知道, 未计入.", "left out, because their profit is not known: {count}."),
    "note_decile": Text("最差一成客户的平均利润是 {worst}, 不大于零: 倍数没有意义.", "the worst tenth earns {worst} on average, not above zero: a ratio means nothing."),
    "bench_sales": Text("销售额最高的 20% 客户占销售额", "sales of the largest 20% of customers"),
    "bench_needed": Text("带来 80% 销售额的客户占比(有销售的)", "customers with sales that bring 80% of them"),
    "bench_largest": Text("最大客户占销售额", "sales of the largest customer"),
    "bench_repeat": Text("重复购买率(期内两单以上)", "customers with two orders or more"),
    "bench_no_profit": Text("利润", "profit"),
    "bench_profit": Text("利润最高的 20% 客户占利润", "profit of the best 20% of customers"),
    "bench_bank": Text("利润最高的 19% 客户占利润(银行研究)", "profit of the best 19% (bank study)"),
    "bench_first": Text("利润最高的 20% 客户占利润(Meridien)", "profit of the best 20% (Meridien)"),
    "bench_last": Text("利润最低的 30% 客户占利润(Meridien)", "profit of the last 30% (Meridien)"),
    "bench_nothing": Text("不创造利润的客户占比", "customers that earn nothing"),
    "bench_decile": Text("最好一成与最差一成客户的利润倍数(Reichheld)", "best tenth / worst tenth by profit (Reichheld)"),
    "bench_peak": Text("鲸鱼曲线最高点占全部利润", "peak of the whale curve, of total profit"),
    "bench_value": Text("客户资产(今后五年利润折现)", "customer equity: five years of profit, discounted"),
    "says_top": Text("{count} 户{tier} ({customers}) 带来 {sales} 的销售额.", "{tier} customers: {count} ({customers}), bringing {sales} of sales."),
    "says_pareto": Text("前 {count} 户 (有销售客户的 {customers}) 带来 80% 的销售额.", "80% of sales come from the largest {count} ({customers} of those with sales)."),
    "says_whale": Text("利润最高的 {count} 户 (有销售客户的 {customers}) 共赚 {peak}, 其余共亏 {loss}.", "The best {count} ({customers} of those with sales) earn {peak}; the others lose {loss}."),
    "says_moves": Text("与上期相比, {up} 户升级, {down} 户降级.", "Against the previous period: {up} up, {down} down."),
    "says_still": Text("与上期相比, 没有客户变级.", "No customer changed tier against the previous period."),
    "says_new": Text("{count} 户上期没有等级.", "Without a tier in the previous period: {count}."),
    "says_held": Text("{count} 户的等级变动未生效(待评审或临界观察), 生效等级仍为上期.", "Changes of tier not in force yet (awaiting review or watched): {count}."),
    "says_loss": Text("全部利润 {total}, 不大于零: 利润占比按正利润计算, 比例类指标没有意义.", "Total profit is {total}, not above zero: shares of profit count positive profits only, and ratios mean nothing."),
    "says_idle": Text("{count} 张规则表没有可用的数据, 未判定任何客户: {tables}.", "Without data to decide by: {count} tables ({tables})."),
    "says_unapproved": Text("{count} 张规则表未批准(试运行), 共 {rules} 行.", "Not approved, on trial: {count} tables with {rules} rows."),
    "says_rules_changed": Text("与上次运行相比, 规则改动 {count} 行: {rules}.", "Rule rows changed since the last run: {count} ({rules})."),
    "says_undecided": Text("{count} 户未判定.", "Undecided: {count}."),
    "says_missing": Text("{count} 户未判定, 缺: {columns}.", "Undecided: {count}, for want of {columns}."),
    "says_unsold": Text("{count} 户没有可用的销售额, 不计入占比.", "Without a usable sales figure, left out of the shares: {count}."),
    "says_errors": Text("{count} 处错误要改, 见 “问题”.", "Errors to correct: {count}, see Problems."),
    "says_warnings": Text("{count} 处警告, 见 “问题”.", "Warnings: {count}, see Problems."),
    "figure": Text("指标", "Figure"),
    "came": Text("新客户", "new customer"),
    "calibrate_cell": Text("每格: 户数/销售占比; 较上期: +升 -降", "cells: customers/sales; last: +up -down"),
    "calibrate_cell_profit": Text("每格: 户数/销售占比/利润占比; 较上期: +升 -降", "cells: customers/sales/profit; last: +up -down"),
    "calibrate_cell_count": Text("每格: 户数", "cells: customers"),
    "tiers": Text("各等级", "By tier"),
    "customer_list": Text("客户清单", "Customers"),
    "customer_id": Text("客户编号", "Customer ID"),
    "customer": Text("客户", "Customer"),
    "customers": Text("客户数", "Customers"),
    "tier": Text("等级", "Tier"),
    "says_empty": Text("没有客户达到 {grade}: 请核对门槛.", "No customer is {grade}: check the thresholds."),
    "says_bulk": Text("{part} 的客户都是 {grade} ({count} 户): 分级区分度低, 请核对门槛.", "{part} of customers are {grade} ({count}): the tiers tell little apart; check the thresholds."),
    "quoted": Text("通常的说法", "Quoted"),
    "own": Text("本簿", "This book"),
}
# fmt: on


def label(name: str) -> Text:
    """Return the word or sentence of a sheet or report."""
    return WORDS.get(name) or core_label(name)
