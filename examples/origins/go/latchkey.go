// Package main shows an API behind Latchkey. This file lets in who comes through the edge, and says who it is. It needs
// Go's own library alone. Copy it; see docs/origins.md.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	freshFor    = 10 * time.Minute
	staleFor    = 24 * time.Hour
	cooldown    = 30 * time.Second
	timeout     = 3 * time.Second
	maxJwks     = 65_536
	maxLifetime = 60
	tolerance   = 5
)

// Origin is what is believed. BaseURL is origin.url of the edge, and the path that a proxy in between takes away.
type Origin struct {
	JwksURL, Issuer, Audience string
	Prefix                    string
	BaseURL                   string
	HealthPaths               []string
	AllowAnonymous            func(path string) bool
	MustBeBound               func(path string) bool
	// IsNew tells whether the id of a bound assertion comes for the first time.
	IsNew func(id string, expiresAt int64) bool
}

// Identity is who calls. Empty is nobody.
type Identity struct {
	Auth, UserID, OrganizationID, KeyID string
	Scopes                              []string
}

// refused is why a request is not believed. The reason is for logs; the client is told the status alone.
type refused struct {
	status       int
	code, reason string
}

func (r refused) Error() string { return r.reason }

func refuse(status int, reason string) refused {
	codes := map[int]string{401: "assertion_required", 403: "assertion_refused", 503: "assertion_unverifiable"}
	return refused{status, codes[status], reason}
}

type identityKey struct{}

// IdentityOf is who sent this request; false where nobody was verified, on a health path too.
func IdentityOf(r *http.Request) (Identity, bool) {
	identity, ok := r.Context().Value(identityKey{}).(Identity)
	return identity, ok
}

// Guard stands before all handlers.
func Guard(origin Origin, next http.Handler) http.Handler {
	if !regexp.MustCompile(`^(https://|http://(localhost|127\.0\.0\.1)[:/])`).MatchString(origin.JwksURL) {
		panic("JwksURL must be https")
	}
	if origin.Prefix == "" {
		origin.Prefix = "X-Latchkey"
	}
	keys := &keys{url: origin.JwksURL}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := pathOf(r.RequestURI)
		if (r.Method == "GET" || r.Method == "HEAD") && contains(origin.HealthPaths, path) {
			next.ServeHTTP(w, r)
			return
		}
		identity, err := origin.verify(r.Method, path, r.Header, keys)
		if err != nil {
			answer(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, identity)))
	})
}

// RequireScopes lets on, of those whom Guard let in, who has all of these scopes.
func RequireScopes(next http.Handler, scopes ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identity, ok := IdentityOf(r)
		if !ok {
			answer(w, refuse(401, "nobody"))
			return
		}
		for _, scope := range scopes {
			if !contains(identity.Scopes, scope) {
				answer(w, refused{403, "insufficient_scope", "scope missing"})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, err error) {
	var why refused
	if !errors.As(err, &why) {
		why = refuse(503, err.Error())
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if why.status == 401 {
		w.Header().Set("WWW-Authenticate", "Latchkey-Assertion")
	}
	if why.status == 503 {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(why.status)
	fmt.Fprintf(w, `{"type":"about:blank","status":%d,"code":%q}`, why.status, why.code)
}

type claims struct {
	Iss, Aud, Jti, Auth string
	Iat, Exp            int64
	Sub, Org, Scope     string
	ClientID            string `json:"client_id"`
	Htm, Htu            string
}

func (o Origin) verify(method, path string, header http.Header, keys *keys) (Identity, error) {
	said, err := o.received(header)
	if err != nil {
		return Identity{}, err
	}
	c, err := o.open(said["assertion"], keys)
	if err != nil {
		return Identity{}, err
	}
	anonymous := c.Sub == "" && c.Org == "" && c.ClientID == ""
	if !contains([]string{"api_key", "client_credentials", "access_token", "session", "anonymous"}, c.Auth) || anonymous != (c.Auth == "anonymous") {
		return Identity{}, refuse(401, "claims")
	}
	identity := Identity{c.Auth, c.Sub, c.Org, c.ClientID, strings.Fields(c.Scope)}
	plain := map[string]string{"auth": c.Auth, "user-id": c.Sub, "organization-id": c.Org, "key-id": c.ClientID, "scopes": c.Scope}
	for name, value := range plain {
		if said[name] != value {
			return Identity{}, refuse(403, "headers disagree")
		}
	}
	if err := o.bound(c, method, path); err != nil {
		return Identity{}, err
	}
	if anonymous && (o.AllowAnonymous == nil || !o.AllowAnonymous(path)) {
		return Identity{}, refused{403, "anonymous_refused", "anonymous"}
	}
	return identity, nil
}

var notAlphanumeric = regexp.MustCompile(`[^a-z0-9]`)

// received finds the edge's headers, each once and in its own spelling.
func (o Origin) received(header http.Header) (map[string]string, error) {
	said := map[string]string{}
	for name, values := range header {
		lower := strings.ToLower(name)
		for _, suffix := range []string{"assertion", "auth", "user-id", "organization-id", "key-id", "scopes"} {
			ours := strings.ToLower(o.Prefix) + "-" + suffix
			if notAlphanumeric.ReplaceAllString(lower, "-") != ours {
				continue
			}
			if _, twice := said[suffix]; twice || lower != ours || len(values) != 1 {
				return nil, refuse(403, "header alias or duplicate")
			}
			said[suffix] = values[0]
		}
	}
	return said, nil
}

// open returns the claims of an assertion that the edge signed for this origin and now.
func (o Origin) open(token string, keys *keys) (claims, error) {
	var c claims
	parts := strings.Split(token, ".")
	if len(token) > 16_384 || len(parts) != 3 {
		return c, refuse(401, "assertion missing or malformed")
	}
	var header map[string]string
	if err := decode(parts[0], &header); err != nil {
		return c, refuse(401, "header")
	}
	// Nothing else is written by the edge: no `crit`, `jku`, `jwk` (RFC 8725 3.10).
	if len(header) != 3 || header["alg"] != "ES256" || header["typ"] != "latchkey-assertion+jwt" || header["kid"] == "" {
		return c, refuse(401, "assertion of another type")
	}
	key, err := keys.find(header["kid"])
	if err != nil {
		return c, err
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return c, refuse(401, "signature")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return c, refuse(401, "signature")
	}
	if err := decode(parts[1], &c); err != nil {
		return c, refuse(401, "claims")
	}
	now := time.Now().Unix()
	switch {
	case c.Iss != o.Issuer || c.Aud != o.Audience || c.Jti == "" || c.Iat <= 0:
		return c, refuse(401, "claims")
	case c.Exp <= c.Iat || c.Exp-c.Iat > maxLifetime:
		return c, refuse(401, "lifetime")
	case c.Iat > now+tolerance || c.Exp <= now-tolerance:
		return c, refuse(401, "out of time")
	}
	return c, nil
}

// bound is RFC 9449 4.3: `htm` and `htu` match the request.
func (o Origin) bound(c claims, method, path string) error {
	if c.Htm == "" && c.Htu == "" {
		if o.MustBeBound != nil && o.MustBeBound(path) {
			return refuse(403, "not bound")
		}
		return nil
	}
	heard := c.Htu
	if o.BaseURL == "" {
		heard = pathOf(heard)
	}
	if c.Htm != method || heard != strings.TrimSuffix(o.BaseURL, "/")+path {
		return refuse(403, "bound to another request")
	}
	if o.IsNew != nil && !o.IsNew(c.Jti, c.Exp+tolerance) {
		return refuse(403, "replayed")
	}
	return nil
}

// keys of the edge: kept, fetched anew after ten minutes, used stale for a day while it is silent.
type keys struct {
	url                string
	mutex              sync.RWMutex
	fetching           sync.Mutex
	known              map[string]*ecdsa.PublicKey
	fetchedAt, retryAt time.Time
	silent             bool
}

func (k *keys) find(kid string) (*ecdsa.PublicKey, error) {
	if key := k.usable(kid, freshFor); key != nil {
		return key, nil
	}
	// Who has a stale key does not wait for another's fetch.
	if k.usable(kid, staleFor) == nil {
		k.fetching.Lock()
		k.fetch(kid)
		k.fetching.Unlock()
	} else if k.fetching.TryLock() {
		k.fetch(kid)
		k.fetching.Unlock()
	}
	if key := k.usable(kid, staleFor); key != nil {
		return key, nil
	}
	k.mutex.RLock()
	defer k.mutex.RUnlock()
	if k.silent {
		return nil, refuse(503, "keys unavailable")
	}
	return nil, refuse(401, "unknown key")
}

func (k *keys) usable(kid string, age time.Duration) *ecdsa.PublicKey {
	k.mutex.RLock()
	defer k.mutex.RUnlock()
	if time.Since(k.fetchedAt) >= age {
		return nil
	}
	return k.known[kid]
}

func (k *keys) fetch(kid string) {
	now := time.Now()
	if k.usable(kid, freshFor) != nil || now.Before(k.retryAt) {
		return
	}
	found := download(k.url)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.silent = len(found) == 0; k.silent {
		k.retryAt = time.Now().Add(time.Second)
		return
	}
	k.known, k.fetchedAt, k.retryAt = found, now, now.Add(cooldown)
}

var client = http.Client{
	Timeout:       timeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// download returns the P-256 keys that are published; none where the edge does not answer, or answers nonsense.
func download(url string) map[string]*ecdsa.PublicKey {
	response, err := client.Get(url)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var jwks struct {
		Keys []struct{ Kty, Crv, X, Y, Kid string }
	}
	if response.StatusCode != 200 || json.NewDecoder(io.LimitReader(response.Body, maxJwks)).Decode(&jwks) != nil {
		return nil
	}
	found := map[string]*ecdsa.PublicKey{}
	for _, jwk := range jwks.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if jwk.Kty == "EC" && jwk.Crv == "P-256" && errX == nil && errY == nil && key.Curve.IsOnCurve(key.X, key.Y) {
			found[jwk.Kid] = key
		}
	}
	return found
}

func decode(part string, value any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, value)
}

var authority = regexp.MustCompile(`^[a-z]+://[^/?#]*`)

func pathOf(target string) string {
	path, _, _ := strings.Cut(authority.ReplaceAllString(target, ""), "?")
	return path
}

func contains(all []string, one string) bool {
	for _, each := range all {
		if each == one {
			return true
		}
	}
	return false
}
