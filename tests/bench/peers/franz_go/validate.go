package main

import (
	"bytes"
	"strings"
)

// tenMinutes is how far the sender's clock may be ahead of the broker's, in milliseconds.
const tenMinutes = 10 * 60 * 1000

// The code tables of the brigade's system.
var (
	types    = map[string]string{"日常检查": "DAILY", "个案检查": "CASE", "专项检查": "SPECIAL", "例行检查": "DAILY"}
	triggers = map[string]string{
		"投诉举报": "COMPLAINT", "上级交办": "ASSIGNED", "监测预警": "MONITORING", "应急处置": "EMERGENCY", "企业申请": "REQUEST",
		"年度计划": "PLAN", "双随机": "RANDOM",
	}
	subjectTypes = map[string]string{"企业": "ENT", "个体工商户": "SELF_EMPLOYED", "其他组织": "ORG", "自然人": "PERSON"}
	tiers        = map[string]string{"市级": "CITY", "区级": "DISTRICT"}
	modes        = map[string]string{"现场": "ONSITE", "非现场": "REMOTE", "书面": "DOCUMENT"}
	states       = map[string]string{"已报送": "SUBMITTED", "已批准": "APPROVED"}
	posts        = map[string]string{
		"正职负责人": "HEAD", "主持工作负责人": "ACTING_HEAD", "副职负责人": "DEPUTY",
		"县级公安机关负责人": "COUNTY_POLICE_HEAD", "上一级公安机关负责人": "UPPER_POLICE_HEAD",
	}
	yesNo = map[string]string{"是": "\x01", "否": "\x00"}
)

// units are the brigade's, and the bureau for which each inspects.
var units = map[string]string{
	"GY-ZD-DD2": "GY-YJJ",
	"GY-ZD-DD3": "GY-NYNCJ",
	"GY-ZD-DD4": "GY-RSJ",
	"GY-ZD-DD5": "GY-ZRGHJ",
	"GY-ZD-DD6": "GY-SWJ",
}

// window is what deciding needs of a valid plan beside its texts.
type window struct{ from, to day }

// validate turns words into codes where they stand and gives the plan's window, or the reason why it is refused.
func validate(value []byte, record *sent, now int64) (window, string) {
	plan := &record.Body
	subject := &plan.Subject
	switch {
	case missing(record):
		return window{}, "missing"
	case record.Kind != "检查计划报送":
		return window{}, "kind"
	case !codes(plan):
		return window{}, "code"
	}
	span := window{readDay(plan.Window.From), readDay(plan.Window.To)}
	submitted := epochMillis(plan.SubmittedAt)
	switch {
	case span.from == 0 || span.to == 0 || submitted == 0 || !optionalDates(plan):
		return window{}, "date"
	case span.from > span.to:
		return window{}, "order"
	case submitted > now+tenMinutes:
		return window{}, "future"
	case !usccValid(subject.USCC):
		return window{}, "uscc"
	case units[record.Unit] != plan.Agency:
		return window{}, "party"
	case secret(value, record):
		return window{}, "secret"
	}
	return span, ""
}

func missing(record *sent) bool {
	plan := &record.Body
	subject := &plan.Subject
	if record.Kind == "" || record.ID == "" || record.Unit == "" ||
		plan.PlanID == "" || plan.SubmittedAt == "" || plan.Version == nil || plan.Agency == "" || plan.Type == "" ||
		subject.SubjectType == "" || subject.Name == "" || subject.USCC == "" || plan.SiteCode == "" ||
		plan.Items == nil || plan.Window.From == "" || plan.Window.To == "" ||
		plan.Mode == "" || plan.State == "" || plan.Unannounced == "" {
		return true
	}
	for i := range plan.Items {
		if item := &plan.Items[i]; item.Catalogue == "" || item.Code == "" || item.Tier == "" {
			return true
		}
	}
	for i := range plan.Officers {
		if officer := &plan.Officers[i]; officer.Name == "" || officer.CertNo == "" {
			return true
		}
	}
	return plan.Approver != nil && plan.Approver.Post == ""
}

func codes(plan *sentPlan) bool {
	known := coded(&plan.Type, types) && coded(&plan.Trigger, triggers) && coded(&plan.Mode, modes) &&
		coded(&plan.State, states) && coded(&plan.Unannounced, yesNo) &&
		coded(&plan.Subject.SubjectType, subjectTypes) && coded(&plan.Subject.IsMinor, yesNo)
	for i := range plan.Items {
		known = known && coded(&plan.Items[i].Tier, tiers) && coded(&plan.Items[i].RemoteCapable, yesNo)
	}
	return known && (plan.Approver == nil || coded(&plan.Approver.Post, posts))
}

// coded puts the code in the place of the word; an absent word stays absent.
func coded(word *string, table map[string]string) bool {
	if *word == "" {
		return true
	}
	code, known := table[*word]
	*word = code
	return known
}

func optionalDates(plan *sentPlan) bool {
	return (plan.ApprovedAt == "" || epochMillis(plan.ApprovedAt) != 0) &&
		(plan.Subject.BirthDate == "" || readDay(plan.Subject.BirthDate) != 0) &&
		(plan.Approver == nil || plan.Approver.ApprovedAt == "" || epochMillis(plan.Approver.ApprovedAt) != 0)
}

// secret tells whether any text bears a mark of state secrecy. Few records hold a star at all, plain or escaped.
func secret(value []byte, record *sent) bool {
	if !bytes.Contains(value, []byte("★")) && bytes.IndexByte(value, '\\') < 0 {
		return false
	}
	plan, subject := &record.Body, &record.Body.Subject
	texts := []string{
		record.ID, plan.PlanID, plan.DeploymentNo, plan.SiteCode, plan.AnnualPlanRef, plan.SourceRef,
		subject.Name, subject.IDNo, subject.Address, subject.DivisionCode, subject.StreetCode, subject.Phone,
	}
	for _, item := range plan.Items {
		texts = append(texts, item.Catalogue, item.Code, item.Name, item.Basis)
	}
	for _, officer := range plan.Officers {
		texts = append(texts, officer.Name, officer.CertNo)
	}
	if plan.Approver != nil {
		texts = append(texts, plan.Approver.Name)
	}
	for _, text := range texts {
		if strings.Contains(text, "绝密★") || strings.Contains(text, "机密★") || strings.Contains(text, "秘密★") {
			return true
		}
	}
	return false
}
