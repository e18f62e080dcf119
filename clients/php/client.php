<?php

// Calls an API with Jeton's tokens, by the curl extension. ../README.md says what it reads and prints.
//
// A script of PHP runs alone, so its calls at once are those of curl_multi, and nobody can ask for a second token while
// one is fetched. Where many processes serve (PHP-FPM), the token belongs where all of them find it, such as APCu, with a
// lock around the fetch.

declare(strict_types=1);

const TIMEOUT = 10;
const PAUSE = 5; // Seconds after a refusal in which nobody asks again.

/** Why there is none. */
final class NoToken extends Exception
{
}

final class Settings
{
    public function __construct(
        public readonly string $dialect,
        public readonly string $url,
        public readonly string $id,
        public readonly string $secret,
        public readonly ?string $audience,
        public readonly string $api,
    ) {
    }
}

/** A request that has not been sent. curl follows no redirect, which would carry secret and token along. */
function request(string $url, array $headers, ?string $body = null): CurlHandle
{
    $request = curl_init($url);
    $options = [CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => TIMEOUT];
    curl_setopt_array($request, $options + ($body === null ? [] : [CURLOPT_POSTFIELDS => $body]));
    return $request;
}

// [fetch]
/** A token, and how many seconds it lives. */
function fetch(Settings $given): array
{
    $basic = fn (string $id, string $secret) => 'Authorization: Basic ' . base64_encode("$id:$secret");
    $form = ['grant_type' => 'client_credentials'];
    if ($given->dialect === 'gateway') {
        $headers = [$basic($given->id, $given->secret), 'x-tracking-id: ' . bin2hex(random_bytes(16))];
        $body = http_build_query($form);
    } elseif ($given->dialect === 'oauth2') {
        // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
        $headers = [$basic(urlencode($given->id), urlencode($given->secret))];
        $body = http_build_query($form + ['resource' => $given->audience]);
    } else {
        $headers = ['Content-Type: application/json', 'Accept: text/plain'];
        $members = ['clientId' => $given->id, 'clientSecret' => $given->secret, 'audienceUrl' => $given->audience];
        $body = json_encode($members, JSON_THROW_ON_ERROR);
    }
    $request = request($given->url, $headers, $body);
    $text = curl_exec($request);
    if ($text === false) {
        throw new NoToken("$given->url: " . curl_error($request));
    }
    $status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
    if ($status !== 200) {
        throw new NoToken("$status " . substr($text, 0, 500));
    }
    if ($given->dialect === 'json') {
        // A bare token: its claims say how long it lives.
        $claims = json_decode(base64_decode(strtr(explode('.', $text)[1], '-_', '+/')), flags: JSON_THROW_ON_ERROR);
        return [$text, $claims->exp - $claims->iat];
    }
    $answer = json_decode($text, flags: JSON_THROW_ON_ERROR);
    return [$answer->access_token, $answer->expires_in];
}
// [/fetch]

// [cache]
/** One token for all calls. */
final class Tokens
{
    private ?string $token = null;
    private ?NoToken $failure = null;
    private float $until = 0; // Of the token or the failure, in seconds by a clock that nobody sets.

    public function __construct(private readonly Settings $given)
    {
    }

    /** The token; another one than `$refused`, which an API answered with 401. */
    public function get(?string $refused = null): string
    {
        $now = hrtime(true) / 1e9;
        if ($now < $this->until && $this->failure !== null) {
            throw $this->failure;
        }
        if ($now < $this->until && $this->token !== $refused) {
            return $this->token;
        }
        try {
            [$this->token, $life] = fetch($this->given);
        } catch (NoToken $failure) {
            [$this->failure, $this->until] = [$failure, $now + PAUSE];
            throw $failure;
        }
        [$this->failure, $this->until] = [null, $now + $life - min(60, $life / 5)];
        return $this->token;
    }
}
// [/cache]

// [call]
/** The status of each of so many calls at once. Those that get 401 have one new token fetched, and are called once more. */
function call(string $api, Tokens $tokens, int $callers): array
{
    $token = $tokens->get();
    $statuses = get($api, $token, array_fill(0, $callers, null));
    $refused = array_filter($statuses, fn (int $status) => $status === 401);
    return $refused === [] ? $statuses : array_replace($statuses, get($api, $tokens->get($token), $refused));
}
// [/call]

/** The status of one call for each key. */
function get(string $api, string $token, array $callers): array
{
    $all = curl_multi_init();
    $calls = array_map(fn () => request($api, ["Authorization: Bearer $token"]), $callers);
    array_walk($calls, fn (CurlHandle $call) => curl_multi_add_handle($all, $call));
    do {
        curl_multi_exec($all, $running);
        curl_multi_select($all);
    } while ($running > 0);
    while ($done = curl_multi_info_read($all)) {
        if ($done['result'] !== CURLE_OK) {
            throw new RuntimeException("$api: " . curl_strerror($done['result']));
        }
    }
    return array_map(fn (CurlHandle $call) => curl_getinfo($call, CURLINFO_RESPONSE_CODE), $calls);
}

function settings(): Settings
{
    $needed = function (string $name): string {
        $value = getenv($name);
        return $value !== false ? $value : throw new UnexpectedValueException("not set: $name");
    };
    $file = getenv('JETON_CLIENT_SECRET_FILE');
    $secret = $file ? file_get_contents($file) : $needed('JETON_CLIENT_SECRET');
    if ($secret === false) {
        throw new UnexpectedValueException("not to be read: $file");
    }
    return new Settings(
        $needed('JETON_DIALECT'),
        $needed('JETON_TOKEN_URL'),
        $needed('JETON_CLIENT_ID'),
        rtrim($secret, "\r\n"),
        getenv('JETON_AUDIENCE') ?: null,
        $needed('API_URL'),
    );
}

function run(): int
{
    try {
        $given = settings();
    } catch (UnexpectedValueException $why) {
        fwrite(STDERR, $why->getMessage() . "\n");
        return 2;
    }
    [$tokens, $code] = [new Tokens($given), 0];
    while (($line = fgets(STDIN)) !== false) {
        try {
            $statuses = call($given->api, $tokens, (int) $line);
        } catch (NoToken $why) {
            fwrite(STDERR, "no token: {$why->getMessage()}\n");
            return 3;
        } catch (RuntimeException $why) {
            fwrite(STDERR, $why->getMessage() . "\n");
            return 1;
        }
        echo implode(' ', $statuses), "\n";
        $code = max($statuses) >= 300 ? 1 : $code;
    }
    return $code;
}

exit(run());
