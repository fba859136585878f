package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "well") })
	mux.HandleFunc("/", tell)
	mux.Handle("/v1/any/admin", RequireScopes(http.HandlerFunc(tell), "admin:all"))
	guarded := Guard(Origin{
		JwksURL:        os.Getenv("LATCHKEY_JWKS_URL"),
		Issuer:         os.Getenv("LATCHKEY_ISSUER"),
		Audience:       os.Getenv("LATCHKEY_AUDIENCE"),
		HealthPaths:    []string{"/healthz"},
		AllowAnonymous: func(path string) bool { return strings.HasPrefix(path, "/optional/") },
		MustBeBound:    func(path string) bool { return strings.HasPrefix(path, "/v1/strict/") },
	}, mux)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), guarded))
}

// tell answers who calls.
func tell(w http.ResponseWriter, r *http.Request) {
	log.Print("handled")
	you, _ := IdentityOf(r)
	orNil := func(value string) any {
		if value == "" {
			return nil
		}
		return value
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"user": orNil(you.UserID), "key": orNil(you.KeyID), "auth": you.Auth, "scopes": you.Scopes})
}
