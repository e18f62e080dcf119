import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Calls an API with Jeton's tokens, on what JDK 17 brings. ../README.md says what it reads and prints. */
public final class Client {
    static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** After a refusal, in which nobody asks again. */
    static final Duration PAUSE = Duration.ofSeconds(5);

    /** It follows no redirect, which would carry secret and token along. */
    static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

    record Settings(String dialect, URI url, String id, String secret, String audience, URI api) {}

    record Token(String text, Duration life) {}

    /** Why there is none. */
    static final class NoToken extends Exception {
        NoToken(String why) { super(why); }
    }

    // [fetch]
    /** A token, and how long it lives. */
    static Token fetch(Settings given) throws NoToken, InterruptedException {
        var request = HttpRequest.newBuilder(given.url()).timeout(TIMEOUT);
        var form = "grant_type=client_credentials";
        switch (given.dialect()) {
            case "gateway" -> request
                    .header("Authorization", basic(given.id(), given.secret()))
                    .header("x-tracking-id", UUID.randomUUID().toString());
            case "oauth2" -> {
                // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
                request.header("Authorization", basic(formEncoded(given.id()), formEncoded(given.secret())));
                if (given.audience() != null) form += "&resource=" + formEncoded(given.audience());
            }
            default -> request.header("Accept", "text/plain");
        }
        if (given.dialect().equals("json")) {
            var audience = given.audience() == null ? "null" : quoted(given.audience());
            request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(
                    "{\"clientId\":" + quoted(given.id()) + ",\"clientSecret\":" + quoted(given.secret())
                            + ",\"audienceUrl\":" + audience + "}"));
        } else {
            request.header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(form));
        }
        try {
            var answer = HTTP.send(request.build(), BodyHandlers.ofString());
            var text = answer.body();
            if (answer.statusCode() != 200) {
                throw new NoToken(answer.statusCode() + " " + text.substring(0, Math.min(500, text.length())));
            }
            if (given.dialect().equals("json")) {
                // A bare token: its claims say how long it lives.
                var claims = new String(Base64.getUrlDecoder().decode(text.split("\\.")[1]), UTF_8);
                var life = Long.parseLong(member(claims, "exp")) - Long.parseLong(member(claims, "iat"));
                return new Token(text, Duration.ofSeconds(life));
            }
            var life = Long.parseLong(member(text, "expires_in"));
            return new Token(member(text, "access_token"), Duration.ofSeconds(life));
        } catch (IOException why) {
            throw new NoToken(given.url() + ": " + why);
        }
    }
    // [/fetch]

    static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(UTF_8));
    }

    static String formEncoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    /** As a JSON string. The JDK has no JSON; whoever has a library for it takes that, here and below. */
    static String quoted(String text) {
        return text.chars()
                .mapToObj(c -> c == '"' || c == '\\' ? "\\" + (char) c
                        : c < 0x20 ? String.format("\\u%04x", c) : String.valueOf((char) c))
                .collect(Collectors.joining("", "\"", "\""));
    }

    /** A member of a flat JSON object whose value is a number or a string without escapes, as a token is. */
    static String member(String json, String name) throws NoToken {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"?([^\",}\\s]+)").matcher(json);
        if (!found.find()) throw new NoToken("the answer has no " + name);
        return found.group(1);
    }

    // [cache]
    /** One token for all callers: whoever comes while it is fetched waits for it. */
    static final class Tokens {
        private final Settings given;
        private String token;
        private NoToken failure;
        /** Of the token or the failure, by a clock that nobody sets. */
        private long until = System.nanoTime();

        Tokens(Settings given) { this.given = given; }

        /** The token; another one than `refused`, which an API answered with 401. */
        synchronized String get(String refused) throws NoToken, InterruptedException {
            var now = System.nanoTime();
            if (now - until < 0) {
                if (failure != null) throw failure;
                if (!token.equals(refused)) return token;
            }
            try {
                var fetched = fetch(given);
                token = fetched.text();
                failure = null;
                var life = fetched.life().toNanos();
                until = now + life - Math.min(Duration.ofMinutes(1).toNanos(), life / 5);
                return token;
            } catch (NoToken why) {
                failure = why;
                until = now + PAUSE.toNanos();
                throw why;
            }
        }
    }
    // [/cache]

    // [call]
    /** The status of the API's answer. A 401 has one new token fetched, and one call more. */
    static int call(URI api, Tokens tokens) throws NoToken, IOException, InterruptedException {
        var token = tokens.get(null);
        var status = get(api, token);
        return status == 401 ? get(api, tokens.get(token)) : status;
    }
    // [/call]

    static int get(URI api, String token) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(api).timeout(TIMEOUT).header("Authorization", "Bearer " + token);
        return HTTP.send(request.build(), BodyHandlers.discarding()).statusCode();
    }

    static Settings settings() throws IOException {
        var file = System.getenv("JETON_CLIENT_SECRET_FILE");
        return new Settings(
                needed("JETON_DIALECT"),
                URI.create(needed("JETON_TOKEN_URL")),
                needed("JETON_CLIENT_ID"),
                file == null ? needed("JETON_CLIENT_SECRET") : Files.readString(Path.of(file)).replaceAll("\\R$", ""),
                System.getenv("JETON_AUDIENCE"),
                URI.create(needed("API_URL")));
    }

    static String needed(String name) {
        var value = System.getenv(name);
        if (value == null) throw new IllegalArgumentException("not set: " + name);
        return value;
    }

    public static void main(String[] none) throws IOException, InterruptedException {
        System.exit(run());
    }

    static int run() throws IOException, InterruptedException {
        Settings given;
        try {
            given = settings();
        } catch (IllegalArgumentException | IOException why) {
            System.err.println(why.getMessage());
            return 2;
        }
        var tokens = new Tokens(given);
        var threads = Executors.newCachedThreadPool();
        var code = 0;
        var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            List<Future<Integer>> calls = new ArrayList<>();
            for (var caller = 0; caller < Integer.parseInt(line.trim()); caller++) {
                Callable<Integer> call = () -> call(given.api(), tokens);
                calls.add(threads.submit(call));
            }
            List<String> statuses = new ArrayList<>();
            try {
                for (var call : calls) {
                    statuses.add(call.get().toString());
                    if (call.get() >= 300) code = 1;
                }
            } catch (ExecutionException failed) {
                var why = failed.getCause();
                System.err.println(why instanceof NoToken ? "no token: " + why.getMessage() : given.api() + ": " + why);
                return why instanceof NoToken ? 3 : 1;
            }
            System.out.println(String.join(" ", statuses));
        }
        return code;
    }
}
