// Given what a log publishes, says whether Go's own transparency log packages accept it.
//
//	verifier log DIR VKEY   checks a folder laid out as C2SP tlog-tiles, and DIR/older/* notes
//	verifier proofs         reads one claim a line from stdin, answers "yes" or "no" a line
//	verifier notes VKEY     reads hex notes, a line each, from stdin, answers "yes" or "no" a line
//
// Exit code 0: accepted. 1: rejected, with the reason on stderr.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "log":
		err = checkLog(os.Args[2], os.Args[3])
	case len(os.Args) == 2 && os.Args[1] == "proofs":
		err = answer(checkClaim)
	case len(os.Args) == 3 && os.Args[1] == "notes":
		err = answer(func(line string) error { return checkNote(line, os.Args[2]) })
	default:
		err = errors.New("usage: verifier log DIR VKEY | proofs | notes VKEY")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// checkLog opens the checkpoint, reads every tile and bundle, and proves every older note.
func checkLog(dir, vkey string) error {
	tree, err := openCheckpoint(filepath.Join(dir, "checkpoint"), vkey)
	if err != nil {
		return err
	}
	// TileHashReader authenticates every tile it reads against the tree's hash.
	reader := tlog.TileHashReader(tree, &tiles{dir: dir})
	if err := checkLeaves(dir, tree, reader); err != nil {
		return err
	}
	for _, index := range []int64{0, tree.N / 3, tree.N / 2, tree.N - 1} {
		if tree.N == 0 {
			break
		}
		if err := checkOneLeaf(tree, reader, index); err != nil {
			return err
		}
	}
	older, err := filepath.Glob(filepath.Join(dir, "older", "*"))
	if err != nil {
		return err
	}
	for _, file := range older {
		old, err := openCheckpoint(file, vkey)
		if err != nil {
			return err
		}
		if old.N == 0 {
			continue // Go's package has no proof from the empty tree
		}
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		if err != nil {
			return fmt.Errorf("prove %d -> %d: %w", old.N, tree.N, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("check %d -> %d: %w", old.N, tree.N, err)
		}
	}
	fmt.Printf("size %d, %d older notes\n", tree.N, len(older))
	return nil
}

func checkOneLeaf(tree tlog.Tree, reader tlog.HashReader, index int64) error {
	hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(tree.N, index, reader)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, hashes[0])
}

// checkLeaves hashes every leaf of every bundle and compares it with its authenticated hash.
func checkLeaves(dir string, tree tlog.Tree, reader tlog.HashReader) error {
	for from := int64(0); from < tree.N; from += 256 {
		width := min(256, tree.N-from)
		path := c2spPath(tlog.Tile{H: 8, L: 0, N: from / 256, W: int(width)})
		path = strings.Replace(path, "tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		var indexes []int64
		for i := from; i < from+width; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, hash := range hashes {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("%s ends inside leaf %d", path, i)
			}
			leaf := data[2 : 2+int(binary.BigEndian.Uint16(data))]
			data = data[2+len(leaf):]
			if tlog.RecordHash(leaf) != hash {
				return fmt.Errorf("leaf %d of %s does not hash to its tile", i, path)
			}
		}
		if len(data) > 0 {
			return fmt.Errorf("%s goes on after its last leaf", path)
		}
	}
	return nil
}

// tiles reads C2SP paths, which are Go's without the height.
type tiles struct{ dir string }

func c2spPath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func (t *tiles) Height() int { return 8 }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.dir, c2spPath(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func openCheckpoint(path, vkey string) (tlog.Tree, error) {
	message, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	text, name, err := openNote(message, vkey)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != name {
		return tlog.Tree{}, fmt.Errorf("%s is not a checkpoint of %s", path, name)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

func openNote(message []byte, vkey string) (text, name string, err error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return "", "", err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return "", "", err
	}
	return opened.Text, verifier.Name(), nil
}

func checkNote(line, vkey string) error {
	message, err := hex.DecodeString(line)
	if err != nil {
		return err
	}
	_, _, err = openNote(message, vkey)
	return err
}

// checkClaim reads "leaf INDEX SIZE LEAF ROOT HASHES" or "tree OLD NEW OLDROOT NEWROOT HASHES";
// hashes are base64, HASHES are joined by commas or "-" for none.
func checkClaim(line string) error {
	words := strings.Fields(line)
	if len(words) != 6 {
		return errors.New("a claim has six words")
	}
	first, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil {
		return err
	}
	inner, err := parseHash(words[3])
	if err != nil {
		return err
	}
	root, err := parseHash(words[4])
	if err != nil {
		return err
	}
	var proof []tlog.Hash
	for _, word := range strings.Split(words[5], ",") {
		if word == "-" {
			continue
		}
		hash, err := parseHash(word)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	switch words[0] {
	case "leaf":
		return tlog.CheckRecord(proof, size, root, first, inner)
	case "tree":
		return tlog.CheckTree(proof, size, root, first, inner)
	}
	return errors.New("a claim is about a leaf or a tree")
}

func parseHash(word string) (hash tlog.Hash, err error) {
	decoded, err := base64.StdEncoding.DecodeString(word)
	if err == nil && copy(hash[:], decoded) != len(hash) {
		err = errors.New("a hash has 32 bytes")
	}
	return hash, err
}

func answer(judge func(string) error) error {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			word := "yes"
			if judge(string(bytes.TrimSpace(line))) != nil {
				word = "no"
			}
			fmt.Fprintln(out, word)
		}
		if err != nil {
			return nil
		}
	}
}
