// Calls an API with Jeton's tokens, on the standard library alone. ../README.md says what it reads and prints.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const pause = 5 * time.Second // After a refusal, in which nobody asks again.

var client = &http.Client{
	Timeout: 10 * time.Second,
	// A redirect would carry secret and token to wherever it leads.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

type settings struct{ dialect, url, id, secret, audience, api string }

// noToken is why there is none.
type noToken struct{ why string }

func (e *noToken) Error() string { return "no token: " + e.why }

// [fetch]
// fetch gives a token, and how long it lives.
func fetch(given *settings) (string, time.Duration, error) {
	header, form := http.Header{}, url.Values{"grant_type": {"client_credentials"}}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	var body []byte
	switch given.dialect {
	case "gateway":
		header.Set("Authorization", basic(given.id, given.secret))
		header.Set("x-tracking-id", trackingID())
		body = []byte(form.Encode())
	case "oauth2":
		// RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
		header.Set("Authorization", basic(url.QueryEscape(given.id), url.QueryEscape(given.secret)))
		if given.audience != "" {
			form.Set("resource", given.audience)
		}
		body = []byte(form.Encode())
	case "json":
		header.Set("Content-Type", "application/json")
		header.Set("Accept", "text/plain")
		members := map[string]string{"clientId": given.id, "clientSecret": given.secret}
		if given.audience != "" {
			members["audienceUrl"] = given.audience
		}
		body, _ = json.Marshal(members) // Strings alone never fail.
	}
	request, err := http.NewRequest(http.MethodPost, given.url, bytes.NewReader(body))
	if err != nil {
		return "", 0, &noToken{err.Error()}
	}
	request.Header = header
	status, text, err := send(request)
	if err != nil {
		return "", 0, &noToken{err.Error()}
	}
	if status != http.StatusOK {
		return "", 0, &noToken{fmt.Sprintf("%d %.500s", status, text)}
	}
	if given.dialect == "json" {
		return bare(string(text))
	}
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", 0, &noToken{err.Error()}
	}
	return answer.AccessToken, time.Duration(answer.ExpiresIn) * time.Second, nil
}

// bare is a token that came alone: its claims say how long it lives.
func bare(token string) (string, time.Duration, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", 0, &noToken{"the answer is no token"}
	}
	var claims struct{ Exp, Iat int64 }
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		return "", 0, &noToken{err.Error()}
	}
	return token, time.Duration(claims.Exp-claims.Iat) * time.Second, nil
}

// [/fetch]

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func trackingID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	return fmt.Sprintf("%x", id)
}

func send(request *http.Request) (int, []byte, error) {
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, text, err
}

// [cache]
// tokens is one token for all callers: whoever comes while it is fetched waits for it.
type tokens struct {
	given *settings

	mutex sync.Mutex
	token string
	err   error
	until time.Time // Of the token or the error. Go compares by a clock that nobody sets.
}

// get gives the token; another one than refused, which an API answered with 401.
func (t *tokens) get(refused string) (string, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := time.Now()
	if now.Before(t.until) && (t.err != nil || t.token != refused) {
		return t.token, t.err
	}
	var life time.Duration
	t.token, life, t.err = fetch(t.given)
	if t.err != nil {
		t.until = now.Add(pause)
		return "", t.err
	}
	margin := life / 5
	if margin > time.Minute {
		margin = time.Minute
	}
	t.until = now.Add(life - margin)
	return t.token, nil
}

// [/cache]

// [call]
// call gives the status of the API's answer. A 401 has one new token fetched, and one call more.
func call(api string, t *tokens) (int, error) {
	token, err := t.get("")
	if err != nil {
		return 0, err
	}
	status, err := get(api, token)
	if err != nil || status != http.StatusUnauthorized {
		return status, err
	}
	if token, err = t.get(token); err != nil {
		return 0, err
	}
	return get(api, token)
}

// [/call]

func get(api, token string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, api, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	status, _, err := send(request)
	return status, err
}

func read() (*settings, error) {
	given := &settings{audience: os.Getenv("JETON_AUDIENCE"), secret: os.Getenv("JETON_CLIENT_SECRET")}
	for name, to := range map[string]*string{
		"JETON_DIALECT": &given.dialect, "JETON_TOKEN_URL": &given.url,
		"JETON_CLIENT_ID": &given.id, "API_URL": &given.api,
	} {
		if *to = os.Getenv(name); *to == "" {
			return nil, fmt.Errorf("not set: %s", name)
		}
	}
	if file := os.Getenv("JETON_CLIENT_SECRET_FILE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		given.secret = strings.TrimRight(string(text), "\r\n")
	}
	if given.secret == "" {
		return nil, errors.New("not set: JETON_CLIENT_SECRET")
	}
	return given, nil
}

func run() int {
	given, err := read()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	shared, code := &tokens{given: given}, 0
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		callers, _ := strconv.Atoi(lines.Text())
		statuses, failures := make([]string, callers), make([]error, callers)
		var all sync.WaitGroup
		for caller := 0; caller < callers; caller++ {
			all.Add(1)
			go func(caller int) {
				defer all.Done()
				status, err := call(given.api, shared)
				statuses[caller], failures[caller] = strconv.Itoa(status), err
			}(caller)
		}
		all.Wait()
		for caller, err := range failures {
			var none *noToken
			switch {
			case errors.As(err, &none):
				fmt.Fprintln(os.Stderr, err)
				return 3
			case err != nil:
				fmt.Fprintln(os.Stderr, err)
				return 1
			case statuses[caller] >= "300":
				code = 1
			}
		}
		fmt.Println(strings.Join(statuses, " "))
	}
	return code
}

func main() { os.Exit(run()) }
