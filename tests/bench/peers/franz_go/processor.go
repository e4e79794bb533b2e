package main

import (
	"context"
	"strings"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
)

// processor does the work on one record after the other, for either guarantee.
type processor struct {
	told   *settings
	client *kgo.Client
	kept   *stores
	failed *kgo.FirstErrPromise

	record  sent
	buffer  []byte        // what outgoing records point into: cut off piece by piece, never written twice
	changed []*changedKey // since the last commit, in order
}

// changedKey remembers what an enterprise's plans were before the transaction.
type changedKey struct {
	key       string
	partition int32
	before    accepted
	*enterprise
}

// blockBytes is how much outgoing data one allocation holds.
const blockBytes = 64 << 10

// outgoing is a record with room for its headers: one allocation for all.
type outgoing struct {
	kgo.Record
	headers [8]kgo.RecordHeader
}

var (
	specVersion = kgo.RecordHeader{Key: "ce_specversion", Value: []byte("1.0")}
	contentType = kgo.RecordHeader{Key: "content-type", Value: []byte("application/avro")}
	ceType      = kgo.RecordHeader{Key: "ce_type", Value: []byte("cn.guiyang.hub.inspection.plan.submitted.v1")}
	sources     = sourcesOf(units)
)

func sourcesOf(units map[string]string) map[string][]byte {
	sources := map[string][]byte{}
	for unit := range units {
		sources[unit] = []byte("urn:guiyang:" + unit + ":brigade-json")
	}
	return sources
}

// work does everything that is to be done with one record of a partition whose state is in owned.
func (p *processor) work(incoming *kgo.Record, owned store) {
	reason := read(incoming.Value, &p.record)
	var span window
	if reason == "" {
		span, reason = validate(incoming.Value, &p.record, incoming.Timestamp.UnixMilli())
	}
	if reason != "" {
		p.refuse(incoming, reason)
		return
	}
	plan := &p.record.Body
	id := nameOf(p.record.ID)
	if len(p.buffer)+4096 > cap(p.buffer) {
		p.buffer = make([]byte, 0, blockBytes)
	}
	firm := owned[plan.Subject.USCC]
	if firm == nil {
		firm = &enterprise{}
		owned[strings.Clone(plan.Subject.USCC)] = firm
	}
	repeated, buffer := firm.plans.decide(&id, plan.Agency, span, p.buffer[len(p.buffer):])
	if repeated {
		return
	}
	overlaps := p.cut(buffer)
	p.keep(incoming.Partition, plan.Subject.USCC, firm, firm.plans.with(&id, plan.Agency, plan.PlanID, span))
	p.emit(&id, plan, span, overlaps)
}

// cut takes what was appended to the free end of the buffer off it.
func (p *processor) cut(piece []byte) []byte {
	if room := cap(p.buffer) - len(p.buffer); len(piece) <= room {
		p.buffer = p.buffer[:len(p.buffer)+len(piece)] // it was written in place
	}
	return piece[:len(piece):len(piece)]
}

// free is the end of the buffer: append to it, then cut.
func (p *processor) free() []byte { return p.buffer[len(p.buffer):] }

func (p *processor) emit(id *eventID, plan *sentPlan, span window, overlaps []byte) {
	written, at := appendPlan(p.free(), plan, span)
	value := p.cut(written)
	key := p.cut(append(p.free(), plan.Subject.USCC...))
	named := p.cut(appendID(p.free(), id))
	out := &outgoing{}
	out.Topic, out.Key, out.Value = p.told.output, key, value
	out.headers = [8]kgo.RecordHeader{
		specVersion,
		contentType,
		{Key: "ce_id", Value: named},
		{Key: "ce_source", Value: sources[p.record.Unit]},
		ceType,
		{Key: "ce_time", Value: value[at[0]:at[1]:at[1]]},
		{Key: "ce_subject", Value: key},
		{Key: "overlaps", Value: overlaps},
	}
	out.Headers = out.headers[:]
	if len(overlaps) == 0 {
		out.Headers = out.headers[:7]
	}
	p.client.Produce(context.Background(), &out.Record, p.failed.Promise())
}

func (p *processor) refuse(incoming *kgo.Record, reason string) {
	p.client.Produce(context.Background(), &kgo.Record{
		Topic:   p.told.refused,
		Key:     incoming.Key,
		Value:   incoming.Value,
		Headers: []kgo.RecordHeader{{Key: "reason", Value: []byte(reason)}},
	}, p.failed.Promise())
}

// keep remembers which enterprises a commit has to write, and what to return to if there is none.
func (p *processor) keep(partition int32, uscc string, firm *enterprise, plans accepted) {
	if !firm.changed {
		firm.changed = true
		p.changed = append(p.changed, &changedKey{strings.Clone(uscc), partition, firm.plans, firm})
	}
	firm.plans = plans
}

// writeState hands what changed to the producer: each enterprise once, however many of its plans came.
func (p *processor) writeState() {
	for _, each := range p.changed {
		p.client.Produce(context.Background(), &kgo.Record{
			Topic:     p.told.state,
			Partition: each.partition,
			Key:       unsafe.Slice(unsafe.StringData(each.key), len(each.key)),
			Value:     each.plans[:len(each.plans):len(each.plans)],
		}, p.failed.Promise())
	}
}

// committed forgets how things were before.
func (p *processor) committed() {
	for _, each := range p.changed {
		each.changed = false
	}
	clear(p.changed)
	p.changed = p.changed[:0]
}

// aborted returns to how things were before: franz-go reads the same records again.
func (p *processor) aborted() {
	for _, each := range p.changed {
		each.enterprise.plans = each.before
	}
	p.committed()
}
