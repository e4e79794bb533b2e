package main

// The alphabet of GB 32100-2015, and the weight of each place.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var (
	usccWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	usccValues  = valuesOf(usccAlphabet)
)

// valuesOf gives each character its place, and -1 to all others.
func valuesOf(alphabet string) (values [256]int8) {
	for i := range values {
		values[i] = -1
	}
	for place, char := range []byte(alphabet) {
		values[char] = int8(place)
	}
	return values
}

// usccValid tells whether the check character of a unified social credit code is right.
func usccValid(text string) bool {
	if len(text) != 18 {
		return false
	}
	total := 0
	for place, weight := range usccWeights {
		value := usccValues[text[place]]
		if value < 0 {
			return false
		}
		total += int(value) * weight
	}
	return text[17] == usccAlphabet[(31-total%31)%31]
}
