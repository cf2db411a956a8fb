"""Every message people see, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from kamrules.words.text import Text

# fmt: off
# Words on our sheets and reports. A sentence of the summary starts with "says_".
LABELS: Mapping[str, Text] = {
    # why a row has the result it has
    # explain
    "result": Text("结果", "Result"),
    "conditions": Text("条件", "Conditions"),
    "example": Text("例子", "Example"),
    # diff
    "diff_cases": Text("测试变化", "Tests"),
    "diff_case": Text("用例", "Case"),
    "diff_old": Text("旧", "Old"),
    "diff_new": Text("新", "New"),
    "diff_table": Text("规则表", "Table"),
    "diff_column": Text("列", "Column"),
    "diff_other": Text("其他结果", "Other results"),
    "measure_change": Text("数值变化", "Measure change"),
    "count_change": Text("数量变化", "Change"),
    "count": Text("行数", "Rows"),
    "by_grade": Text("各结果", "By result"),
    "subject_list": Text("清单", "List"),
    "kind": Text("变化", "Change"),
    "cell": Text("单元格", "cell"),
    "rule added": Text("新规则", "new rule"),
    "rule removed": Text("删去的规则", "rule removed"),
    "order": Text("规则次序", "order of rules"),
    "policy": Text("命中策略", "hit policy"),
    "table added": Text("新规则表", "new table"),
    "table removed": Text("删去的规则表", "table removed"),
    "column added": Text("新列", "new column"),
    "column removed": Text("删去的列", "column removed"),
    "parameter": Text("参数", "parameter"),
    "values": Text("取值", "values"),
    "up": Text("升", "up"),
    "down": Text("降", "down"),
    "gone": Text("不再有", "gone"),
    "other": Text("变", "other"),
    "direction": Text("方向", "Direction"),
    "sheet": Text("表", "Sheet"),
    # calibrate
    "calibrate_value": Text("门槛", "Cut"),
    "calibrate_moved": Text("变级", "Moved"),
    "calibrate_last": Text("较上期", "Last"),
    "came": Text("新增", "new"),
    "calibrate_cell": Text("每格: 行数/数值占比; 较上期: +升 -降", "cells: rows/measure; last: +up -down"),
    "calibrate_cell_profit": Text("每格: 行数/数值占比/利润占比; 较上期: +升 -降", "cells: rows/measure/profit; last: +up -down"),
    "calibrate_cell_count": Text("每格: 行数", "cells: rows"),
    "says_empty": Text("没有一行是 {grade}: 请核对门槛.", "No row is {grade}: check the thresholds."),
    "says_bulk": Text("{part} 的行都是 {grade} ({count} 行): 区分度低, 请核对门槛.", "{part} of rows are {grade} ({count}): the grades tell little apart; check the thresholds."),
    # where a value came from
    "as_of": Text("基准日 {date}", "as of {date}"),
    "period": Text("期间 {period}", "period {period}"),
    "scheme": Text("方案 {scheme}", "scheme {scheme}"),
    "rule_sets": Text("规则集 {names}", "rule sets {names}"),
    "run": Text("运行 {run}", "run {run}"),
    "sheet_rules": Text("规则", "Rules"),
    # columns
    "sales": Text("销售额", "Sales"),
    "title": Text("规则结果", "Results"),
    "grade": Text("结论", "Grade"),
    "subject": Text("对象", "Subject"),
    "grade_lines": Text("结论 行数 变化 度量 占比", "grade rows change measure share"),
    "subject_id": Text("编号", "ID"),
    "share": Text("占比", "Share"),
    "change": Text("变化", "Change"),
    "rule": Text("规则", "Rule"),
    "why": Text("判定依据", "Why"),
    "previous": Text("上期", "Previous"),
    "now": Text("本期", "Now"),
    "outcome": Text("评审结论", "Review Outcome"),
    "history_period": Text("期次", "Period"),
    "decided": Text("已判定", "Decided"),
    "undecided": Text("未判定", "Undecided"),
    "problems": Text("问题", "Problems"),
    "new": Text("新增", "New"),
    "none": Text("无", "none"),
    # problems
    "number": Text("#", "#"),
    "severity": Text("级别", "Level"),
    "code": Text("代码", "Code"),
    "place": Text("位置", "Cell"),
    "problem": Text("问题", "Problem"),
    "found": Text("当前值", "Found"),
    "reason": Text("原因", "Reason"),
    "fix": Text("怎么改", "Fix"),
    "effect": Text("影响", "Effect"),
    "status": Text("处理", "Status"),
    "empty": Text("(空)", "(blank)"),
    "error": Text("错误", "Error"),
    "warning": Text("警告", "Warning"),
    "notice": Text("提示", "Notice"),
    "status_open": Text("待改", "To fix"),
    "status_done": Text("已改", "Fixed"),
    "status_ignored": Text("忽略", "Ignore"),
    "problems_hint": Text("点 “位置” 直达单元格; 改好后保存, 再运行一次 kamrules apply. “处理” 里的选择下次运行时保留.", "Click a cell address to go there; correct it, save, and run kamrules apply again. What you choose under Status is kept by the next run."),
    "no_problems": Text("没有问题.", "Nothing to fix."),
    # rules
    "hits": Text("命中", "Hits"),
    "hit_policy": Text("命中策略 {policy}", "hit policy {policy}"),
    "table_owner": Text("负责人", "owner"),
    "table_approved": Text("批准", "approved"),
    "table_version": Text("版本", "version"),
    "table_from": Text("生效", "from"),
    "table_to": Text("失效", "to"),
    "on_trial": Text("试运行", "on trial"),
    "idle": Text("没有数据, 未判定", "no data, nothing decided"),
    "rule_new": Text("新增", "new"),
    "rule_changed": Text("改动", "changed"),
    # summary and report
    "findings": Text("关键发现", "Findings"),
    "unit": Text(" ({unit})", " ({unit})"),
    "cells_to_fix": Text("要改的单元格", "Cells to fix"),
    "rules_executed": Text("规则 (按运行时)", "Rules as executed"),
    "only_changed": Text("有变化", "changed"),
    "print": Text("打印 / 存为 PDF", "Print / save as PDF"),
    "offline": Text("本文件离线可用, 不访问网络.", "This file works offline and requests nothing."),
    # notes on cells
    "note_grade": Text("结论: {grade}  (上期 {previous})", "Grade: {grade}  (previous {previous})"),
    # findings
}
# fmt: on


def label(name: str) -> Text:
    """Return the word or sentence of a sheet or report."""
    return LABELS[name]
