// Calls an API with Jeton's tokens, by Foundation alone. ../README.md says what it reads and prints.
//
// For GNUstep and gcc, thus without ARC: what is kept beyond a call is retained by hand.

#import <Foundation/Foundation.h>

static const NSTimeInterval Timeout = 10;
static const NSTimeInterval Pause = 5; // After a refusal, in which nobody asks again.

// One request and its answer.
@interface Exchange : NSObject
{
@public
  NSInteger status; // 0 where no answer came: `text` says why.
  NSString *text;
@private
  NSMutableData *data;
  BOOL done;
}
+ (Exchange *) of: (NSURLRequest *)request;
@end

@implementation Exchange

+ (Exchange *) of: (NSURLRequest *)request
{
  Exchange *exchange = [[[Exchange alloc] init] autorelease];
  [NSURLConnection connectionWithRequest: request delegate: exchange];
  while (!exchange->done)
    [[NSRunLoop currentRunLoop] runMode: NSDefaultRunLoopMode beforeDate: [NSDate dateWithTimeIntervalSinceNow: 1]];
  return exchange;
}

- (id) init
{
  if ((self = [super init]))
    data = [[NSMutableData alloc] init];
  return self;
}

- (void) dealloc
{
  [data release];
  [text release];
  [super dealloc];
}

// A redirect would carry secret and token to wherever it leads.
- (NSURLRequest *) connection: (NSURLConnection *)connection
              willSendRequest: (NSURLRequest *)request
             redirectResponse: (NSURLResponse *)response
{
  return response == nil ? request : nil;
}

// A 401 is an answer like others: the request has said who asks.
- (void) connection: (NSURLConnection *)connection
  didReceiveAuthenticationChallenge: (NSURLAuthenticationChallenge *)challenge
{
  [[challenge sender] continueWithoutCredentialForAuthenticationChallenge: challenge];
}

- (void) connection: (NSURLConnection *)connection didReceiveResponse: (NSURLResponse *)response
{
  status = [(NSHTTPURLResponse *)response statusCode];
}

- (void) connection: (NSURLConnection *)connection didReceiveData: (NSData *)more
{
  [data appendData: more];
}

- (void) connectionDidFinishLoading: (NSURLConnection *)connection
{
  text = [[NSString alloc] initWithData: data encoding: NSUTF8StringEncoding];
  done = YES;
}

- (void) connection: (NSURLConnection *)connection didFailWithError: (NSError *)error
{
  status = 0;
  text = [[error localizedDescription] copy];
  done = YES;
}

@end

static NSString *variable(NSString *name)
{
  return [[[NSProcessInfo processInfo] environment] objectForKey: name];
}

static NSString *base64(NSString *plain)
{
  return [[plain dataUsingEncoding: NSUTF8StringEncoding] base64EncodedStringWithOptions: 0];
}

static NSString *formEncoded(NSString *plain)
{
  NSString *unreserved = @"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  NSCharacterSet *kept = [NSCharacterSet characterSetWithCharactersInString: unreserved];
  return [plain stringByAddingPercentEncodingWithAllowedCharacters: kept];
}

static NSDictionary *object(NSData *json)
{
  id read = json == nil ? nil : [NSJSONSerialization JSONObjectWithData: json options: 0 error: NULL];
  return [read isKindOfClass: [NSDictionary class]] ? read : nil;
}

// One token for all callers: whoever comes while it is fetched waits for it.
@interface Tokens : NSObject
{
  NSString *dialect, *url, *clientId, *secret, *audience;
  NSString *token, *failure;
  NSTimeInterval until; // Of the token or the failure, by a clock that nobody sets.
}
- (id) initWithSecret: (NSString *)theSecret;
- (NSString *) insteadOf: (NSString *)refused failure: (NSString **)why;
- (NSString *) fetch: (NSTimeInterval *)life failure: (NSString **)why;
- (NSData *) payload: (NSString *)jwt;
@end

@implementation Tokens

- (id) initWithSecret: (NSString *)theSecret
{
  if ((self = [super init]))
    {
      dialect = [variable(@"JETON_DIALECT") retain];
      url = [variable(@"JETON_TOKEN_URL") retain];
      clientId = [variable(@"JETON_CLIENT_ID") retain];
      audience = [variable(@"JETON_AUDIENCE") retain];
      secret = [theSecret retain];
    }
  return self;
}

// [cache]
// The token; another one than `refused`, which an API answered with 401. Nil, and why, where there is none.
- (NSString *) insteadOf: (NSString *)refused failure: (NSString **)why
{
  @synchronized (self)
    {
      NSTimeInterval now = [[NSProcessInfo processInfo] systemUptime];
      if (now >= until || (token != nil && [token isEqualToString: refused]))
        {
          NSTimeInterval life = 0;
          NSString *reason = nil;
          [token autorelease];
          [failure autorelease];
          token = [[self fetch: &life failure: &reason] retain];
          failure = [reason retain];
          until = now + (token == nil ? Pause : life - MIN(60, life / 5));
        }
      *why = [[failure retain] autorelease];
      return [[token retain] autorelease];
    }
}
// [/cache]

// [fetch]
// A token, and how many seconds it lives. Nil, and why, where there is none.
- (NSString *) fetch: (NSTimeInterval *)life failure: (NSString **)why
{
  NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL: [NSURL URLWithString: url]
                                                         cachePolicy: NSURLRequestReloadIgnoringCacheData
                                                     timeoutInterval: Timeout];
  NSString *pair = nil, *form = @"grant_type=client_credentials";
  [request setHTTPMethod: @"POST"];
  [request setValue: @"application/x-www-form-urlencoded" forHTTPHeaderField: @"Content-Type"];
  if ([dialect isEqualToString: @"gateway"])
    {
      pair = [NSString stringWithFormat: @"%@:%@", clientId, secret];
      [request setValue: [[NSUUID UUID] UUIDString] forHTTPHeaderField: @"x-tracking-id"];
    }
  else if ([dialect isEqualToString: @"oauth2"])
    {
      // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
      pair = [NSString stringWithFormat: @"%@:%@", formEncoded(clientId), formEncoded(secret)];
      if (audience != nil)
        form = [form stringByAppendingFormat: @"&resource=%@", formEncoded(audience)];
    }
  if (pair != nil)
    {
      [request setValue: [@"Basic " stringByAppendingString: base64(pair)] forHTTPHeaderField: @"Authorization"];
      [request setHTTPBody: [form dataUsingEncoding: NSUTF8StringEncoding]];
    }
  else
    {
      NSMutableDictionary *members = [NSMutableDictionary dictionary];
      [members setObject: clientId forKey: @"clientId"];
      [members setObject: secret forKey: @"clientSecret"];
      if (audience != nil)
        [members setObject: audience forKey: @"audienceUrl"];
      [request setValue: @"application/json" forHTTPHeaderField: @"Content-Type"];
      [request setValue: @"text/plain" forHTTPHeaderField: @"Accept"];
      [request setHTTPBody: [NSJSONSerialization dataWithJSONObject: members options: 0 error: NULL]];
    }
  Exchange *answer = [Exchange of: request];
  NSString *text = answer->text;
  if (answer->status != 200)
    {
      NSString *start = [text substringToIndex: MIN([text length], 500)];
      *why = answer->status == 0 ? [NSString stringWithFormat: @"%@: %@", url, text]
                                 : [NSString stringWithFormat: @"%ld %@", (long)answer->status, start];
      return nil;
    }
  NSString *read = text;
  if (pair == nil)
    {
      // A bare token: its claims say how long it lives.
      NSDictionary *claims = object([self payload: text]);
      *life = [[claims objectForKey: @"exp"] doubleValue] - [[claims objectForKey: @"iat"] doubleValue];
    }
  else
    {
      NSDictionary *members = object([text dataUsingEncoding: NSUTF8StringEncoding]);
      *life = [[members objectForKey: @"expires_in"] doubleValue];
      read = [members objectForKey: @"access_token"];
    }
  if (read == nil || *life <= 0)
    {
      *why = @"the answer holds no token";
      return nil;
    }
  return read;
}

- (NSData *) payload: (NSString *)jwt
{
  NSArray *parts = [jwt componentsSeparatedByString: @"."];
  if ([parts count] != 3)
    return nil;
  NSString *payload = [parts objectAtIndex: 1];
  payload = [payload stringByReplacingOccurrencesOfString: @"-" withString: @"+"];
  payload = [payload stringByReplacingOccurrencesOfString: @"_" withString: @"/"];
  payload = [payload stringByPaddingToLength: ([payload length] + 3) / 4 * 4 withString: @"=" startingAtIndex: 0];
  return [[[NSData alloc] initWithBase64EncodedString: payload options: 0] autorelease];
}
// [/fetch]

@end

// Somebody who calls the API.
@interface Caller : NSObject
{
@public
  NSInteger status; // 0 where the API was out of reach, or `noToken` says why there is none.
  NSString *noToken, *unreachable;
  NSConditionLock *done;
  Tokens *tokens;
}
- (void) call;
- (void) getWith: (NSString *)token;
@end

@implementation Caller

// [call]
// The status of the API's answer. A 401 has one new token fetched, and one call more.
- (void) call
{
  NSString *token = [tokens insteadOf: nil failure: &noToken];
  if (token == nil)
    return;
  [self getWith: token];
  if (status == 401 && (token = [tokens insteadOf: token failure: &noToken]) != nil)
    [self getWith: token];
}
// [/call]

- (void) getWith: (NSString *)token
{
  NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL: [NSURL URLWithString: variable(@"API_URL")]
                                                         cachePolicy: NSURLRequestReloadIgnoringCacheData
                                                     timeoutInterval: Timeout];
  [request setValue: [@"Bearer " stringByAppendingString: token] forHTTPHeaderField: @"Authorization"];
  Exchange *answer = [Exchange of: request];
  status = answer->status;
  unreachable = status == 0 ? [answer->text retain] : nil;
}

- (void) run
{
  NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
  [self call];
  [noToken retain];
  [pool release];
  [done lock];
  [done unlockWithCondition: 1];
}

- (void) dealloc
{
  [noToken release];
  [unreachable release];
  [done release];
  [super dealloc];
}

@end

static void say(NSString *text)
{
  fprintf(stderr, "%s\n", [text UTF8String]);
}

static NSString *readSecret(void)
{
  NSString *file = variable(@"JETON_CLIENT_SECRET_FILE");
  if (file == nil)
    return variable(@"JETON_CLIENT_SECRET");
  NSString *text = [NSString stringWithContentsOfFile: file encoding: NSUTF8StringEncoding error: NULL];
  return [text stringByTrimmingCharactersInSet: [NSCharacterSet newlineCharacterSet]];
}

// So many calls at once; the exit code that they ask for, 3 and more ends the program.
static int callAll(int number, Tokens *tokens, BOOL *ends)
{
  NSMutableArray *callers = [NSMutableArray array], *statuses = [NSMutableArray array];
  int code = 0;
  for (int at = 0; at < number; at++)
    {
      Caller *caller = [[[Caller alloc] init] autorelease];
      caller->tokens = tokens;
      caller->done = [[NSConditionLock alloc] initWithCondition: 0];
      [callers addObject: caller];
      [NSThread detachNewThreadSelector: @selector(run) toTarget: caller withObject: nil];
    }
  for (Caller *caller in callers)
    {
      [caller->done lockWhenCondition: 1];
      [caller->done unlock];
      [statuses addObject: [NSString stringWithFormat: @"%ld", (long)caller->status]];
      code = caller->status >= 300 ? 1 : code;
    }
  for (Caller *caller in callers)
    {
      *ends = caller->noToken != nil || caller->unreachable != nil;
      if (!*ends)
        continue;
      say(caller->noToken != nil ? [@"no token: " stringByAppendingString: caller->noToken]
                                 : [NSString stringWithFormat: @"%@: %@", variable(@"API_URL"), caller->unreachable]);
      return caller->noToken != nil ? 3 : 1;
    }
  printf("%s\n", [[statuses componentsJoinedByString: @" "] UTF8String]);
  fflush(stdout);
  return code;
}

int main(void)
{
  NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
  NSArray *needed = [NSArray arrayWithObjects: @"JETON_DIALECT", @"JETON_TOKEN_URL", @"JETON_CLIENT_ID", @"API_URL", nil];
  for (NSString *name in needed)
    if (variable(name) == nil)
      {
        say([@"not set: " stringByAppendingString: name]);
        return 2;
      }
  NSString *secret = readSecret();
  if (secret == nil)
    {
      say(@"not set, or not to be read: JETON_CLIENT_SECRET");
      return 2;
    }
  Tokens *tokens = [[Tokens alloc] initWithSecret: secret];
  char line[32];
  int code = 0;
  BOOL ends = NO;
  while (!ends && fgets(line, sizeof line, stdin) != NULL)
    {
      NSAutoreleasePool *round = [[NSAutoreleasePool alloc] init];
      int said = callAll(atoi(line), tokens, &ends);
      code = said > code ? said : code;
      [round release];
    }
  [tokens release];
  [pool release];
  return code;
}
