package main

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
)

// namespace is 5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751, below which events are named.
const namespace = "\x5b\x1f\x6a\x0e\x6a\x3c\x5f\x0e\x9d\x55\x3a\x52\xa1\xc0\xd7\x51"

type eventID [16]byte

// nameOf is UUIDv5 of the owner of the connection and the sender's own number.
func nameOf(number string) (id eventID) {
	named := make([]byte, 0, 128)
	named = append(append(append(named, namespace...), "GY-ZD\x1fce\x1f"...), number...)
	sum := sha1.Sum(named)
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return id
}

func appendID(to []byte, id *eventID) []byte {
	to = append(hex.AppendEncode(to, id[:4]), '-')
	to = append(hex.AppendEncode(to, id[4:6]), '-')
	to = append(hex.AppendEncode(to, id[6:8]), '-')
	to = append(hex.AppendEncode(to, id[8:10]), '-')
	return hex.AppendEncode(to, id[10:])
}

// accepted are an enterprise's plans in the order in which they came, one after the other, exactly as the state topic
// has them: id, first day, last day, agency, planId. It only grows at its end, so what was handed to the producer stays.
type accepted []byte

// decide tells whether the plan is there already, and appends the planIds it overlaps, joined by commas.
func (plans accepted) decide(id *eventID, agency string, span window, overlaps []byte) (repeated bool, found []byte) {
	for rest := plans; len(rest) > 0; {
		if eventID(rest[:16]) == *id {
			return true, overlaps
		}
		from, to := day(binary.LittleEndian.Uint32(rest[16:])), day(binary.LittleEndian.Uint32(rest[20:]))
		theirs, after := text(rest[24:])
		planID, after := text(after)
		if from <= span.to && span.from <= to && string(theirs) != agency {
			if len(overlaps) > 0 {
				overlaps = append(overlaps, ',')
			}
			overlaps = append(overlaps, planID...)
		}
		rest = after
	}
	return false, overlaps
}

func (plans accepted) with(id *eventID, agency, planID string, span window) accepted {
	plans = append(plans, id[:]...)
	plans = binary.LittleEndian.AppendUint32(plans, uint32(span.from))
	plans = binary.LittleEndian.AppendUint32(plans, uint32(span.to))
	plans = append(binary.AppendUvarint(plans, uint64(len(agency))), agency...)
	return append(binary.AppendUvarint(plans, uint64(len(planID))), planID...)
}

// text takes a text with its length before it off the front.
func text(of []byte) (text, rest []byte) {
	length, width := binary.Uvarint(of)
	end := width + int(length)
	return of[width:end], of[end:]
}
