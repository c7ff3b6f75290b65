// A DDS participant that publishes or hears one ROS topic, with the security of a keystore's enclave or without any.
//
//   secure_participant <domain> <enclave folder, or "-"> pub <topic> <type> <payload file>
//   secure_participant <domain> <enclave folder, or "-"> sub <topic> <type>
//
// "pub" repeats the payload (a serialized message) every 50 ms. "sub" prints the size of each message heard. Both run
// until they are killed; exit code 3: the participant, 4: the publisher or subscriber is not allowed.
// Built on Fast DDS 2 of a Linux distribution, where that was compiled with security.

#include <fastdds/rtps/common/Locator.h>
#include <fastdds/rtps/transport/UDPv4TransportDescriptor.h>
#include <fastrtps/utils/IPLocator.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/DataReaderListener.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TopicDataType.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace fast = eprosima::fastdds::dds;
namespace rtps = eprosima::fastrtps::rtps;

using Bytes = std::vector<unsigned char>;

// A message as it is on the wire, whatever it means.
class Opaque : public fast::TopicDataType
{
public:
  explicit Opaque(const std::string & name)
  {
    setName(name.c_str());
    m_typeSize = 65000;
    m_isGetKeyDefined = false;
  }
  bool serialize(void * data, rtps::SerializedPayload_t * payload) override
  {
    const auto & bytes = *static_cast<Bytes *>(data);
    payload->encapsulation = CDR_LE;
    payload->length = static_cast<uint32_t>(bytes.size());
    std::memcpy(payload->data, bytes.data(), bytes.size());
    return true;
  }
  bool deserialize(rtps::SerializedPayload_t * payload, void * data) override
  {
    static_cast<Bytes *>(data)->assign(payload->data, payload->data + payload->length);
    return true;
  }
  std::function<uint32_t()> getSerializedSizeProvider(void * data) override
  {
    return [data] { return static_cast<uint32_t>(static_cast<Bytes *>(data)->size()); };
  }
  void * createData() override { return new Bytes; }
  void deleteData(void * data) override { delete static_cast<Bytes *>(data); }
  bool getKey(void *, rtps::InstanceHandle_t *, bool) override { return false; }
};

class Ear : public fast::DataReaderListener
{
  void on_data_available(fast::DataReader * reader) override
  {
    Bytes bytes;
    fast::SampleInfo info;
    while (reader->take_next_sample(&bytes, &info) == ReturnCode_t::RETCODE_OK) {
      if (info.valid_data) {
        std::printf("heard %zu bytes\n", bytes.size());
        std::fflush(stdout);
      }
    }
  }
};

void secure(fast::DomainParticipantQos & qos, const std::string & enclave)
{
  auto & properties = qos.properties().properties();
  const auto add = [&](const std::string & name, const std::string & value) {
    properties.emplace_back("dds.sec." + name, value);
  };
  const std::string file = "file://" + enclave + "/";
  add("auth.plugin", "builtin.PKI-DH");
  add("auth.builtin.PKI-DH.identity_ca", file + "identity_ca.cert.pem");
  add("auth.builtin.PKI-DH.identity_certificate", file + "cert.pem");
  add("auth.builtin.PKI-DH.private_key", file + "key.pem");
  add("crypto.plugin", "builtin.AES-GCM-GMAC");
  add("access.plugin", "builtin.Access-Permissions");
  add("access.builtin.Access-Permissions.permissions_ca", file + "permissions_ca.cert.pem");
  add("access.builtin.Access-Permissions.governance", file + "governance.p7s");
  add("access.builtin.Access-Permissions.permissions", file + "permissions.p7s");
}

int main(int argc, char ** argv)
{
  if (argc < 6) return 2;
  const std::string enclave = argv[2], verb = argv[3], topic_name = argv[4], type_name = argv[5];
  fast::DomainParticipantQos qos;
  qos.transport().use_builtin_transports =
    false;  // no shared memory: other versions have another layout there
  auto transport = std::make_shared<eprosima::fastdds::rtps::UDPv4TransportDescriptor>();
  transport->maxInitialPeersRange = 32;
  qos.transport().user_transports.push_back(transport);
  rtps::Locator_t here;  // participants on this host only, none by multicast
  rtps::IPLocator::setIPv4(here, 127, 0, 0, 1);
  qos.wire_protocol().builtin.initialPeersList.push_back(here);
  if (enclave != "-") secure(qos, enclave);
  auto * participant =
    fast::DomainParticipantFactory::get_instance()->create_participant(std::stoul(argv[1]), qos);
  if (participant == nullptr) return 3;
  fast::TypeSupport type(new Opaque(type_name));
  type.register_type(participant);
  auto * topic = participant->create_topic(topic_name, type_name, fast::TOPIC_QOS_DEFAULT);
  if (topic == nullptr) return 4;
  std::printf("up\n");
  std::fflush(stdout);
  if (verb == "sub") {
    Ear ear;
    fast::DataReaderQos reader_qos;
    reader_qos.reliability().kind = fast::RELIABLE_RELIABILITY_QOS;
    auto * subscriber = participant->create_subscriber(fast::SUBSCRIBER_QOS_DEFAULT);
    if (subscriber->create_datareader(topic, reader_qos, &ear) == nullptr) return 4;
    while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  std::ifstream input(argv[6], std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(input), {}};
  auto * publisher = participant->create_publisher(fast::PUBLISHER_QOS_DEFAULT);
  auto * writer = publisher->create_datawriter(topic, fast::DATAWRITER_QOS_DEFAULT);
  if (writer == nullptr) return 4;
  while (true) {
    writer->write(&bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}
