// A token by golang.org/x/oauth2/clientcredentials. It form-encodes the Basic pair (RFC 6749).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	var task struct {
		URL    string `json:"token_url"`
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&task); err != nil {
		log.Fatal(err)
	}
	config := clientcredentials.Config{ClientID: task.ID, ClientSecret: task.Secret, TokenURL: task.URL}
	said := map[string]string{}
	token, err := config.Token(context.Background())
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		var body struct{ Error string }
		_ = json.Unmarshal(refused.Body, &body)
		said["error"], said["code"] = "RetrieveError", body.Error
	case err != nil:
		said["error"] = err.Error()
	default:
		said["token"] = token.AccessToken
	}
	_ = json.NewEncoder(os.Stdout).Encode(said)
}
