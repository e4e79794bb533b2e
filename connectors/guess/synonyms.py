"""What bureaus call things beside the official titles: gathered from their forms and ledgers.

The one rule: a table and nothing else. A path beats a name; words that mean two things in two bureaus are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Field of the contract (its name, or the end of its path) -> names it goes by.
FIELDS: Final[Mapping[str, str]] = {
    "uscc": "统一社会信用代码 社会信用代码 信用代码 统一信用代码 信用代码证号 企业信用代码 单位信用代码 营业执照号 creditCode socialCreditCode unifiedSocialCreditCode tyshxydm shxydm xydm",
    "subject.name": "企业名称 单位名称 被检查单位 被检查单位名称 被检查对象 检查对象 检查对象名称 受检单位 受检单位名称 当事人 当事人名称 市场主体名称 经营者名称 商户名称 场所名称 companyName enterpriseName entName unitName orgName qymc dwmc dsr",
    "subject.address": "企业地址 单位地址 地址 经营地址 经营场所 住所 注册地址 场所地址 详细地址 address addr qydz dwdz",
    "subject.phone": "联系电话 电话 联系方式 手机号 手机 phone mobile tel lxdh",
    "subject.idNo": "身份证号 身份证号码 公民身份号码 证件号码 idCard idNumber sfzh",
    "subject.subjectType": "主体类型 当事人类型 市场主体类型 单位类型 企业类型 对象类型 subjectType zttx ztlx",
    "divisionCode": "行政区划 行政区划代码 区划代码 所属区县 所在区县 区县 辖区 division divisionCode areaCode regionCode xzqh xzqhdm",
    "streetCode": "街道 街道代码 乡镇街道 所属街道 streetCode jddm",
    "siteCode": "场所编号 场所编码 场所代码 经营场所编号 点位编号 门店编号 siteCode siteNo siteId csbh",
    "planId": "计划编号 检查计划编号 计划号 任务编号 检查任务编号 检查任务号 双随机任务编号 planNo planId taskNo taskId jhbh rwbh jcrwbh",
    "resultId": "检查编号 检查记录编号 检查单号 检查单编号 检查结果编号 结果编号 记录编号 检查表编号 监督检查编号 监督检查记录编号 检查文书号 recordNo recordId resultNo resultId inspectionNo inspectionId checkNo jcbh jcjlbh jgbh",
    "visitId": "入企编号 入企检查编号 入企登记编号 入户编号 登记编号 进入编号 visitNo visitId rqbh",
    "caseNo": "案号 案件编号 立案编号 立案号 案件号 立案决定书文号 caseNo caseId caseNumber ajbh ah",
    "decisionNo": "决定书文号 处罚决定书文号 处罚决定书编号 行政处罚决定书文号 处罚文号 decisionNo decisionNumber penaltyNo jdswh cfjdswh",
    "correlationId": "协同编号 关联编号 案件协同编号 correlationId xtbh",
    "complaintId": "工单编号 投诉编号 举报编号 工单号 ticketNo ticketId complaintNo complaintId gdbh",
    "endedAt": "检查日期 检查时间 检查结束时间 结束时间 检查完成时间 完成时间 监督检查日期 监督检查时间 checkTime checkDate inspectionDate inspectTime endTime finishTime finishedAt jcrq jcsj jssj 离开时间 离场时间 离企时间 leaveTime",
    "startedAt": "检查开始时间 入企时间 进入时间 开始时间 到达时间 startTime beginTime arriveTime kssj",
    "scannedAt": "扫码时间 亮码时间 scanTime smsj",
    "submittedAt": "报送时间 上报时间 提交时间 填报时间 报送日期 submitTime reportTime bssj sbsj",
    "version": "版本 版本号 version bbh",
    "window.from": "计划开始日期 开始日期 起始日期 计划起始日期 检查开始日期 计划检查开始日期 拟检查开始日期 planStart startDate beginDate ksrq qsrq",
    "window.to": "计划结束日期 结束日期 截止日期 计划截止日期 检查截止日期 计划检查结束日期 拟检查结束日期 planEnd endDate jsrq jzrq",
    "type": "检查类型 检查类别 检查性质 监督检查类型 inspectionType checkType planType jclx jclb",
    "trigger": "检查来源 任务来源 启动事由 触发来源 检查原因 triggerSource taskSource rwly jcly",
    "mode": "检查方式 检查形式 监管方式 mode checkMode inspectionMode jcfs",
    "state": "审批状态 计划状态 status state spzt",
    "unannounced": "是否不打招呼 是否飞行检查 是否突击检查 是否事先告知 unannounced isUnannounced",
    "purpose": "入企目的 入企事由 到场事由 visitPurpose purpose rqmd",
    "officers.name": "执法人员 检查人员 执法人员姓名 检查人员姓名 检查人 执法人 监督员 卫生监督员 officers officerNames inspector inspectors inspectorName jcry zfry",
    "officers.certNo": "执法证号 执法证件号 执法人员证号 执法证编号 检查人员证号 证件编号 officerCerts certNo certNos certificateNo badgeNo zfzh",
    "items.code": "检查事项编码 检查事项代码 事项编码 事项代码 检查项目编码 检查项代码 itemCode itemNo jcsxbm sxbm",
    "items.name": "检查事项 检查事项名称 检查内容 检查项目 检查项 事项名称 itemName item jcsx jcnr",
    "items.tier": "事项层级 事项级别 tier level sxcj",
    "items.basis": "检查依据 法律依据 basis jcyj",
    "itemResults.code": "检查事项编码 检查事项代码 事项编码 事项代码 检查项目编码 检查项代码 检查事项 检查项目 检查项 itemCode itemNo item jcsxbm sxbm jcsx",
    "itemResults.catalogue": "清单代码 事项清单代码 检查事项清单代码 catalogue catalogCode catalog sxml",
    "items.catalogue": "清单代码 事项清单代码 检查事项清单代码 catalogue catalogCode catalog sxml",
    "itemResults.result": "检查结果 检查结论 结果 是否合格 结论 checkResult inspectionResult result conclusion jcjg jcjl",
    "itemResults.finding": "存在问题 问题描述 发现问题 检查发现 检查情况 问题 隐患描述 主要问题 违法行为描述 findings finding problem problemDesc remarkProblem czwt wtms",
    "orderToCorrect.due": "整改期限 改正期限 责令改正期限 限期整改日期 整改截止日期 整改时限 整改完成期限 rectifyBefore rectifyDeadline correctBefore dueDate deadline zgqx",
    "caseOpened": "是否立案 是否转立案 是否移交立案 是否处罚 caseOpened caseFiled isCase sfla",
    "enterpriseRating.stars": "企业评价 评价星级 企业评分 星级 stars rating qypj",
    "approvedAt": "批准时间 审批时间 批准日期 审批日期 approveTime approvedTime approveDate pzsj spsj",
    "filedAt": "立案日期 立案时间 filedAt fileDate caseDate larq lasj",
    "causeText": "案由 违法行为 违法事实 案件名称 cause causeText ay",
    "itemCode": "执法事项编码 处罚事项编码 事项编码 权责事项编码 itemCode cfsxbm",
    "source": "案件来源 线索来源 caseSource ajly",
    "procedure": "办案程序 处罚程序 程序类型 案件程序 procedure cxlx",
    "reviewClass": "法制审核类别 法制审核 审核类别 reviewClass fzshlb",
    "crossDivision": "是否跨区域 是否跨区域案件 跨区域 crossDivision sfkqy",
    "majorComplex": "是否重大复杂 是否重大复杂案件 重大复杂 majorComplex sfzdfz",
    "decidedAt": "处罚决定日期 决定日期 处罚日期 作出决定日期 作出处罚决定日期 decisionDate decidedAt penaltyDate jdrq jdsj cfrq",
    "kinds": "处罚种类 处罚类型 处罚类别 penaltyType penaltyKind kinds cfzl",
    "fineFen": "罚款金额 罚款 罚款数额 罚款金额(元) 罚款金额(万元) fine fineAmount fkje",
    "confiscateFen": "没收金额 没收违法所得 没收违法所得金额 没收金额(元) confiscated confiscateAmount msje",
    "basis": "处罚依据 legalBasis cfyj",
    "servedAt": "送达日期 送达时间 servedAt serveDate sdrq sdsj",
    "closedAt": "结案日期 结案时间 closedAt closeDate jarq jasj",
    "agency": "检查机关 检查机构 检查单位 执法单位 执法机构 执法主体 agency inspectionAgency jcjg jcdw zfdw",
    "principal": "主管机关 办案单位 处罚机关 立案机关 principal zgjg badw",
    "content": "诉求内容 投诉内容 举报内容 反映内容 content complaintContent sqnr",
    "channel": "来源渠道 投诉渠道 来件渠道 channel",
}

#: Value of a closed list, by field -> words for it.
VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "result": {
        "PASS": "合格 通过 符合 未发现问题 未发现违法行为 正常 达标 无问题 pass passed ok qualified",
        "FAIL": "不合格 不符合 未通过 发现问题 存在问题 发现问题待整改 发现问题责令改正 责令改正 不达标 有问题 限期整改 fail failed unqualified",
        "NA": "不适用 无此项 不涉及 合理缺项 na n/a",
        "SKIPPED": "未检查 未检 漏检 停业未检查 skipped",
    },
    "type": {
        "DAILY": "日常检查 日常监督检查 日常监督 日常 常规检查 例行检查 daily routine",
        "CASE": "个案检查 案件检查 因案检查 有因检查 投诉举报检查 case",
        "SPECIAL": "专项检查 专项整治 专项监督检查 专项 重点检查 special",
    },
    "trigger": {
        "COMPLAINT": "投诉举报 举报 投诉", "ASSIGNED": "上级交办 交办 转办", "MONITORING": "监测预警 监测 数据监测",
        "EMERGENCY": "应急处置 突发事件", "REQUEST": "企业申请 申请", "PLAN": "年度计划 计划", "RANDOM": "双随机 双随机抽查 随机抽查 双随机一公开",
    },
    "mode": {
        "ONSITE": "现场 现场检查 实地检查 实地 onsite", "REMOTE": "非现场 非现场检查 远程 线上 网络检查 remote",
        "DOCUMENT": "书面 书面检查 资料核查 document",
    },
    "state": {"SUBMITTED": "已报送 待审批 待批准 审批中 已提交 submitted", "APPROVED": "已批准 已审批 审批通过 已通过 同意 approved"},
    "subjectType": {
        "ENT": "企业 公司 法人 企业法人 enterprise company ent", "SELF_EMPLOYED": "个体工商户 个体户 个体",
        "ORG": "其他组织 事业单位 社会组织 机关 组织 organization org", "PERSON": "自然人 个人 公民 person",
    },
    "tier": {"CITY": "市级 市 city", "DISTRICT": "区级 县级 区县级 区(市、县)级 区 district"},
    "purpose": {
        "INSPECTION": "行政检查 检查 日常检查 监督检查 inspection", "INVESTIGATION": "案件调查 调查取证 办案 investigation",
        "EMERGENCY": "应急处置 抢险救援 emergency",
    },
    "source": {
        "INSPECTION": "检查发现 监督检查 日常检查发现 行政检查", "COMPLAINT": "投诉举报 举报", "TRANSFER": "移送 其他机关移送 部门移送",
        "SUPERIOR": "上级交办 交办", "MEDIA": "媒体曝光 媒体 舆情", "OTHER": "其他",
    },
    "procedure": {"SIMPLE": "简易程序 简易 当场处罚", "ORDINARY": "普通程序 一般程序 普通"},
    "reviewClass": {"SIMPLE": "简易 不需审核", "ORDINARY": "普通 一般 非法定审核", "MANDATORY_58": "法定审核 应当审核 重大法制审核"},
    "kinds": {
        "WARNING": "警告 通报批评", "FINE": "罚款", "CONFISCATE": "没收 没收违法所得 没收非法财物", "SUSPEND": "责令停产停业 停产停业 限制开展生产经营活动",
        "LICENCE": "吊销许可证件 吊销 暂扣许可证件 降低资质等级", "DEMOLISH": "限期拆除 责令拆除", "RESTORE": "恢复原状", "OTHER": "其他",
    },
}  # fmt: skip

#: Names of a system's own persistent number of a record.
RECORD_IDS: Final = "报文编号 流水号 业务流水号 业务编号 记录流水号 主键 唯一标识 唯一编号 uuid guid recordUuid messageId bizNo serialNo lsh ywlsh zj"

#: Names that count or stamp a file's rows and mean nothing to anybody else.
NOBODYS: Final = "序号 行号 编序 备注 备注1 备注2 打印时间 打印日期 导出时间 导出日期 录入人 录入时间 录入日期 填表人 填报人 制表人 制表日期 创建时间 创建人 更新时间 更新人 修改时间 审核人 rowNo index seq remark memo createdBy createTime updateTime updatedAt createdAt xh bz lrr lrsj cjsj gxsj dcsj"

#: Names of the field that tells one kind of record from another.
KINDS: Final = (
    "报文类型 业务类型 单据类型 数据类型 记录类型 消息类型 messageType msgType bizType recordType bwlx ywlx djlx"
)
