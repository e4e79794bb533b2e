package main

import "encoding/binary"

// schemaID is the number of inspection.plan.submitted in the Confluent header.
const schemaID = 1002

// appendPlan writes the header and the datum, and tells where in the buffer submittedAt stands.
// The order is that of inspection.plan.submitted.v1.avsc: a union of null and a type is the branch, then the value.
func appendPlan(to []byte, plan *sentPlan, span window) (written []byte, submittedAt [2]int) {
	to = binary.BigEndian.AppendUint32(append(to, 0), schemaID)
	to = appendText(to, plan.PlanID)
	to = binary.AppendVarint(to, momentLength)
	submittedAt[0] = len(to)
	to = appendMoment(to, plan.SubmittedAt)
	submittedAt[1] = len(to)
	to = binary.AppendVarint(to, *plan.Version)
	to = appendText(to, plan.Agency)
	to = appendText(to, plan.Type)
	to = appendOptional(to, plan.Trigger)
	to = appendOptional(to, plan.DeploymentNo)
	to = appendSubject(to, &plan.Subject)
	to = appendText(to, plan.SiteCode)
	to = appendItems(to, plan.Items)
	to = appendDay(binary.AppendVarint(to, dayLength), span.from)
	to = appendDay(binary.AppendVarint(to, dayLength), span.to)
	to = appendText(to, plan.Mode)
	to = appendText(to, plan.State)
	to = appendApprover(to, plan.Approver)
	to = appendOptionalMoment(to, plan.ApprovedAt)
	to = append(to, plan.Unannounced...)
	to = appendOfficers(to, plan.Officers)
	to = appendOptional(to, plan.AnnualPlanRef)
	return appendOptional(to, plan.SourceRef), submittedAt
}

const (
	momentLength = int64(len("2026-03-09T10:05:00+08:00"))
	dayLength    = int64(len("2026-03-09"))
	null         = 0 // branch 0
	present      = 2 // branch 1, zigzag
)

func appendText(to []byte, text string) []byte {
	return append(binary.AppendVarint(to, int64(len(text))), text...)
}

func appendOptional(to []byte, text string) []byte {
	if text == "" {
		return append(to, null)
	}
	return appendText(append(to, present), text)
}

func appendOptionalMoment(to []byte, text string) []byte {
	if text == "" {
		return append(to, null)
	}
	return appendMoment(binary.AppendVarint(append(to, present), momentLength), text)
}

// appendOptionalBool writes a word that validate has made a byte.
func appendOptionalBool(to []byte, code string) []byte {
	if code == "" {
		return append(to, null)
	}
	return append(append(to, present), code...)
}

func appendSubject(to []byte, subject *sentSubject) []byte {
	to = appendText(to, subject.SubjectType)
	to = appendText(to, subject.Name)
	to = appendOptional(to, subject.USCC)
	to = appendOptional(to, subject.IDNo)
	if subject.BirthDate == "" {
		to = append(to, null)
	} else {
		to = appendDay(binary.AppendVarint(append(to, present), dayLength), readDay(subject.BirthDate))
	}
	to = appendOptionalBool(to, subject.IsMinor)
	to = appendOptional(to, subject.Address)
	to = appendOptional(to, subject.DivisionCode)
	to = appendOptional(to, subject.StreetCode)
	return appendOptional(to, subject.Phone)
}

func appendItems(to []byte, items []sentItem) []byte {
	if len(items) > 0 {
		to = binary.AppendVarint(to, int64(len(items)))
	}
	for i := range items {
		item := &items[i]
		to = appendText(to, item.Catalogue)
		to = appendText(to, item.Code)
		to = appendText(to, item.Tier)
		to = appendOptional(to, item.Name)
		to = appendOptional(to, item.Basis)
		to = appendOptionalBool(to, item.RemoteCapable)
	}
	return append(to, 0)
}

func appendApprover(to []byte, approver *sentApprover) []byte {
	if approver == nil {
		return append(to, null)
	}
	to = appendOptional(append(to, present), approver.Name)
	to = appendText(to, approver.Post)
	return appendOptionalMoment(to, approver.ApprovedAt)
}

func appendOfficers(to []byte, officers []sentOfficer) []byte {
	if officers == nil {
		return append(to, null)
	}
	to = append(to, present)
	if len(officers) > 0 {
		to = binary.AppendVarint(to, int64(len(officers)))
	}
	for i := range officers {
		to = appendText(to, officers[i].Name)
		to = appendText(to, officers[i].CertNo)
	}
	return append(to, 0)
}
