package main

import (
	"errors"
	"strings"

	"github.com/bytedance/sonic"
	"github.com/bytedance/sonic/decoder"
)

// sent is a record as the brigade's system writes it. An absent text and an empty one are the same.
type sent struct {
	Kind string   `json:"报文类型"`
	ID   string   `json:"报文编号"`
	Unit string   `json:"执法单位"`
	Body sentPlan `json:"内容"`
}

type sentPlan struct {
	PlanID        string        `json:"计划编号"`
	SubmittedAt   string        `json:"报送时间"`
	Version       *int64        `json:"版本号"`
	Agency        string        `json:"检查机关"`
	Type          string        `json:"检查类型"`
	Trigger       string        `json:"触发来源"`
	DeploymentNo  string        `json:"上级部署文号"`
	Subject       sentSubject   `json:"检查对象"`
	SiteCode      string        `json:"场所编号"`
	Items         []sentItem    `json:"事项清单"`
	Window        sentWindow    `json:"检查期限"`
	Mode          string        `json:"方式"`
	State         string        `json:"状态"`
	Approver      *sentApprover `json:"批准人"`
	ApprovedAt    string        `json:"批准时间"`
	Unannounced   string        `json:"是否不打招呼"`
	Officers      []sentOfficer `json:"执法人员"`
	AnnualPlanRef string        `json:"年度计划号"`
	SourceRef     string        `json:"来源编号"`
}

type sentSubject struct {
	SubjectType  string `json:"主体类型"`
	Name         string `json:"名称"`
	USCC         string `json:"统一社会信用代码"`
	IDNo         string `json:"身份证件号码"`
	BirthDate    string `json:"出生日期"`
	IsMinor      string `json:"是否未成年"`
	Address      string `json:"地址"`
	DivisionCode string `json:"行政区划代码"`
	StreetCode   string `json:"街道代码"`
	Phone        string `json:"联系电话"`
}

type sentItem struct {
	Catalogue     string `json:"事项目录"`
	Code          string `json:"代码"`
	Tier          string `json:"事项层级"`
	Name          string `json:"名称"`
	Basis         string `json:"依据"`
	RemoteCapable string `json:"可否非现场"`
}

type sentWindow struct {
	From string `json:"起始日期"`
	To   string `json:"截止日期"`
}

type sentApprover struct {
	Name       string `json:"名称"`
	Post       string `json:"职务"`
	ApprovedAt string `json:"批准时间"`
}

type sentOfficer struct {
	Name   string `json:"名称"`
	CertNo string `json:"执法证号"`
}

// Texts point into the record, which outlives the work on it; whatever is kept longer is copied where it is kept.
var strict = sonic.Config{DisallowUnknownFields: true, ValidateString: true}.Froze()

// read gives the record of value, or the reason why it is none.
func read(value []byte, into *sent) (reason string) {
	*into = sent{}
	err := strict.Unmarshal(value, into)
	if err == nil {
		return ""
	}
	var mismatch *decoder.MismatchTypeError
	switch {
	case errors.As(err, &mismatch):
		return "type"
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return "unknown"
	}
	return "json"
}
