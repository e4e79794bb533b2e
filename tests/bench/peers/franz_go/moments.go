package main

import "strings"

// day is a real date as yyyymmdd: it sorts as the calendar does.
type day uint32

// readDay reads 2026年3月9日; 0 is no such day.
func readDay(text string) day {
	year, rest, ok := strings.Cut(text, "年")
	if !ok || len(year) != 4 {
		return 0
	}
	month, rest, ok := strings.Cut(rest, "月")
	if !ok || len(month) > 2 {
		return 0
	}
	number, ok := strings.CutSuffix(rest, "日")
	if !ok || len(number) > 2 {
		return 0
	}
	return dayOf(digits(year), digits(month), digits(number))
}

// dayOf is 0 unless there is such a day between 1900 and 2199.
func dayOf(year, month, number int) day {
	if year < 1900 || year > 2199 || month < 1 || month > 12 || number < 1 || number > daysIn(year, month) {
		return 0
	}
	return day(year*10000 + month*100 + number)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// digits is the number text writes, -1 if it is none.
func digits(text string) int {
	if text == "" {
		return -1
	}
	number := 0
	for _, char := range []byte(text) {
		if char < '0' || char > '9' {
			return -1
		}
		number = number*10 + int(char-'0')
	}
	return number
}

// epochMillis reads 2026-03-09 10:05:00 of Beijing; 0 is no such moment.
func epochMillis(text string) int64 {
	if len(text) != 19 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':' {
		return 0
	}
	year, month, number := digits(text[:4]), digits(text[5:7]), digits(text[8:10])
	hour, minute, second := digits(text[11:13]), digits(text[14:16]), digits(text[17:])
	if dayOf(year, month, number) == 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0
	}
	return (daysSinceEpoch(year, month, number)*86400 + int64(hour*3600+minute*60+second) - 8*3600) * 1000
}

// daysSinceEpoch counts by years that begin in March, so that the leap day comes last.
func daysSinceEpoch(year, month, number int) int64 {
	if month < 3 {
		year, month = year-1, month+12
	}
	return int64(365*year+year/4-year/100+year/400+(153*(month-3)+2)/5+number-1) - 719468
}

// appendDay writes 2026-03-09.
func appendDay(to []byte, day day) []byte {
	year, month, number := day/10000, day/100%100, day%100
	return append(to, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+number/10), byte('0'+number%10))
}

// appendMoment writes a valid 2026-03-09 10:05:00 as 2026-03-09T10:05:00+08:00.
func appendMoment(to []byte, text string) []byte {
	to = append(to, text[:10]...)
	to = append(to, 'T')
	to = append(to, text[11:]...)
	return append(to, "+08:00"...)
}
