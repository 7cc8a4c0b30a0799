package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Seal makes what the journal keeps unreadable without the key file, and a change to it visible: the store has no checksum of its own.
//
// A sealed value is a format byte, the id of its key in 4 bytes, and an AEAD ciphertext that holds only under its record's key.
type Seal struct {
	aead tink.AEAD
	prf  *prf.Set
}

// ErrSeal: a value is not what was sealed under its record's key. It was damaged, moved, or sealed with another key file.
var ErrSeal = errors.New("not sealed here with this key file")

// The format byte is the one that Tink begins a ciphertext with. Another way of sealing takes another.
const (
	formatTink = byte(1)
	headerLen  = 1 + 4
)

// keyFile is the root key of a self-hosted host, in the clear: there is no other secret at hand that could wrap it. Its mode guards it, and
// so does keeping its backup apart from the state's. The seal may gain keys by rotation; the hash keeps its one, or nobody is found again.
type keyFile struct {
	Note string          `json:"note"`
	Seal json.RawMessage `json:"seal"` // Tink keyset: XChaCha20-Poly1305, whose random nonces never run out
	Hash json.RawMessage `json:"hash"` // Tink keyset: HMAC-SHA256
}

const keyFileNote = "The key of a Patchbay state. Keep a copy, apart from backups of the state: with it they are open, without it noise."

// OpenSeal reads the key file at path. Where there is none it makes one, but never for a state that exists: that could not be read with it.
// A file that others than its owner may read is refused.
func OpenSeal(path string, stateExists bool) (*Seal, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && stateExists:
		return nil, fmt.Errorf("key file %s is missing, and the state cannot be read without it: put back the copy you kept", path)
	case errors.Is(err, fs.ErrNotExist):
		if err := makeKeyFile(path); err != nil {
			return nil, fmt.Errorf("key file %s cannot be made: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("key file: %w", err)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("key file %s has mode %04o, and must be its owner's alone: chmod 0600 %[1]s", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	s, err := parseKeyFile(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s is damaged, put back the copy you kept: %w", path, err)
	}
	return s, nil
}

func parseKeyFile(text []byte) (*Seal, error) {
	var file keyFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, errors.New("not JSON") // json's own error may quote the key
	}
	seal, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Seal)))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	hash, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Hash)))
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	var s Seal
	if s.aead, err = aead.New(seal); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if s.prf, err = prf.NewPRFSet(hash); err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return &s, nil
}

// makeKeyFile makes fresh keys. The file gets its name only when it is whole and on disk; if somebody else was faster, theirs stays.
func makeKeyFile(path string) (err error) {
	file := keyFile{Note: keyFileNote}
	if file.Seal, err = newKeyset(aead.XChaCha20Poly1305KeyTemplate()); err != nil {
		return err
	}
	if file.Hash, err = newKeyset(prf.HMACSHA256PRFKeyTemplate()); err != nil {
		return err
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Sync(), dir.Close()) }()
	temporary, err := os.CreateTemp(dir.Name(), filepath.Base(path)+".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temporary.Name())) }()
	_, err = temporary.Write(append(text, '\n'))
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Link(temporary.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func newKeyset(template *tinkpb.KeyTemplate) (json.RawMessage, error) {
	handle, err := keyset.NewHandle(template)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text))
	return text.Bytes(), err
}

// Seal seals the value of the record at key.
func (s *Seal) Seal(key string, plain []byte) ([]byte, error) {
	sealed, err := s.aead.Encrypt(plain, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", key, err)
	}
	return sealed, nil
}

// Open opens what Seal made for the record at key, and nothing else: [ErrSeal].
func (s *Seal) Open(key string, sealed []byte) ([]byte, error) {
	if len(sealed) < headerLen {
		return nil, fmt.Errorf("record %s: %w: %d bytes", key, ErrSeal, len(sealed))
	}
	if sealed[0] != formatTink {
		return nil, fmt.Errorf("record %s: %w: format %d, this patchbay knows %d", key, ErrSeal, sealed[0], formatTink)
	}
	plain, err := s.aead.Decrypt(sealed, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("record %s: %w: key id %08x", key, ErrSeal, sealed[1:headerLen])
	}
	return plain, nil
}

// Hash names what parts identify (an e-mail address, a person) without showing it: 32 hex digits, the same for ever under one key file,
// and nothing to anybody who has only the state.
func (s *Seal) Hash(parts ...string) string {
	var input []byte
	for _, part := range parts {
		input = binary.AppendUvarint(input, uint64(len(part))) // so that "ab", "c" and "a", "bc" differ
		input = append(input, part...)
	}
	sum, err := s.prf.ComputePrimaryPRF(input, 16)
	if err != nil {
		panic("journal: HMAC-SHA256 yields 16 bytes of any input: " + err.Error())
	}
	return hex.EncodeToString(sum)
}
