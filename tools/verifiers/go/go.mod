module tachograph/verifiers

go 1.24

require golang.org/x/mod v0.0.0

// The folder exists only in the overlay that the test writes: it shows the copy of x/mod which
// every Go distribution vendors, so nothing is downloaded.
replace golang.org/x/mod => ./xmod
