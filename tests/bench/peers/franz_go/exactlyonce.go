package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pollRecords bounds how far a transaction may run over its time.
const pollRecords = 1000

// runExactlyOnce puts outputs, state and offsets of all that was polled within the commit interval into one transaction.
func runExactlyOnce(ctx context.Context, told *settings) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	kept := newStores(told, fail)
	session, err := kgo.NewGroupTransactSession(append(told.options(kept),
		kgo.TransactionalID(told.group+"-0"),
		kgo.TransactionTimeout(10*time.Second),
		kgo.OnPartitionsRevoked(kept.dropped),
	)...)
	if err != nil {
		return err
	}
	defer session.Close()
	client := session.Client()
	work := &processor{told: told, client: client, kept: kept, failed: kgo.AbortingFirstErrPromise(client)}
	for due := (time.Time{}); ctx.Err() == nil; {
		fetched := poll(ctx, due, session.PollRecords)
		if err := fatal(fetched); err != nil {
			return err
		}
		if due.IsZero() && fetched.NumRecords() > 0 {
			if err := session.Begin(); err != nil {
				return err
			}
			due = time.Now().Add(told.commitEvery)
		}
		work.all(fetched)
		if !due.IsZero() && (ctx.Err() != nil || !time.Now().Before(due)) {
			if err := work.end(session); err != nil {
				return err
			}
			due = time.Time{}
		}
	}
	return context.Cause(ctx)
}

// end commits; a transaction that a rebalance has overtaken is aborted and its records come again.
func (p *processor) end(session *kgo.GroupTransactSession) error {
	p.writeState()
	failed := p.failed.Err()
	committed, err := session.End(context.Background(), failed == nil)
	if err := errors.Join(failed, err); err != nil {
		return err
	}
	if committed {
		p.committed()
	} else {
		p.aborted()
	}
	return nil
}

// poll waits for records, but not beyond the time of the next commit, if there is one.
func poll(ctx context.Context, due time.Time, from func(context.Context, int) kgo.Fetches) kgo.Fetches {
	if !due.IsZero() {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, due)
		defer stop()
	}
	return from(ctx, pollRecords)
}

// fatal is the first error of a fetch that is more than the end of the wait.
func fatal(fetched kgo.Fetches) error {
	for _, each := range fetched.Errors() {
		if !errors.Is(each.Err, context.DeadlineExceeded) && !errors.Is(each.Err, context.Canceled) {
			return each.Err
		}
	}
	return nil
}

// all works on what was polled.
func (p *processor) all(fetched kgo.Fetches) {
	fetched.EachPartition(func(each kgo.FetchTopicPartition) {
		if len(each.Records) == 0 {
			return
		}
		owned := p.kept.of(each.Partition)
		if owned == nil {
			return // taken from us since it was polled: the session will abort
		}
		for _, incoming := range each.Records {
			p.work(incoming, owned)
		}
	})
}
